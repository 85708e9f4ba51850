// One point in time for all readers of a run, by what is known of the database system.
#ifndef TRANSLOAD_EXTRACT_ODBC_SNAPSHOT_H_
#define TRANSLOAD_EXTRACT_ODBC_SNAPSHOT_H_

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/source_facts.h"
#include "extract/odbc/dbms_traits.h"
#include "extract/odbc/handle.h"
#include "extract/source.h"

namespace transload::odbc {

struct Snapshot {
  SnapshotInfo info;
  std::vector<std::unique_ptr<Connection>> readers;
  std::unique_ptr<Connection> control;  // inside the snapshot as well
};

// `tables` are those that will be read, as they stand in SQL. `connect` opens one more session;
// `control` stays outside of the snapshot. Throws a refusal when no common point in time can be
// had, unless relaxed consistency was asked for.
Snapshot TakeSnapshot(Connection& control,
                      const std::function<std::unique_ptr<Connection>()>& connect,
                      const DbmsTraits& traits, const SnapshotRequest& request,
                      const std::vector<std::string>& tables);

// The first row of the traits' statement, as names and values.
std::vector<std::pair<std::string, std::string>> ReadPosition(Connection& connection,
                                                              const DbmsTraits& traits);

}  // namespace transload::odbc

#endif  // TRANSLOAD_EXTRACT_ODBC_SNAPSHOT_H_
