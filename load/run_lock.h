// One run at a time: the lock of a source and its target schemas, as its holder's server process
// has it. A session's lock goes with its session, and nobody tells its client.
#ifndef TRANSLOAD_LOAD_RUN_LOCK_H_
#define TRANSLOAD_LOAD_RUN_LOCK_H_

#include <cstdint>
#include <string>

namespace transload {

// A server process; the start tells it from a later one with the same number.
struct SessionId {
  std::int32_t backend_pid = 0;
  std::string backend_start;
};

struct RunLock {
  std::int64_t key = 0;
  SessionId holder;
};

// Who holds the lock with the key $1, if anybody.
inline constexpr const char* kFromLockHolder =
    "from pg_catalog.pg_locks l left join pg_catalog.pg_stat_activity a on a.pid = l.pid "
    "where l.locktype = 'advisory' and l.granted and l.objsubid = 1 "
    "and l.database = (select oid from pg_catalog.pg_database where datname = "
    "current_database()) "
    "and l.classid::bigint = ($1::bigint >> 32) & 4294967295 "
    "and l.objid::bigint = $1::bigint & 4294967295";

}  // namespace transload

#endif  // TRANSLOAD_LOAD_RUN_LOCK_H_
