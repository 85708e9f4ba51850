// A control connection to the target: libpqxx, with transload's settings and errors.
//
// Used by one thread at a time; only Cancel() may be called from another. Never reconnects by
// itself: an advisory lock or a setting would be lost without a word.
#ifndef TRANSLOAD_LOAD_SESSION_H_
#define TRANSLOAD_LOAD_SESSION_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/options.h"

namespace transload {

// A parameter, or a value of a result: nothing stands for NULL.
using SqlValue = std::optional<std::string>;

// A result as text, small by nature: the control plane reads no table data.
class SqlRows {
 public:
  std::vector<std::vector<SqlValue>> rows;
  std::uint64_t affected = 0;

  std::size_t size() const { return rows.size(); }
  bool empty() const { return rows.empty(); }
  // NULL reads as "", 0 and false.
  const std::string& Text(std::size_t row, std::size_t column) const;
  std::int64_t Int(std::size_t row, std::size_t column) const;
  std::uint64_t Count(std::size_t row, std::size_t column) const;
  double Real(std::size_t row, std::size_t column) const;
  bool Bool(std::size_t row, std::size_t column) const { return Text(row, column) == "t"; }
  bool Null(std::size_t row, std::size_t column) const { return !rows.at(row).at(column); }
};

class SqlTransaction {
 public:
  virtual ~SqlTransaction() = default;
  // Parameters are text, typed by casts in the SQL ($1::bigint). Without any, `sql` may hold
  // several statements.
  virtual SqlRows Exec(const std::string& sql, const std::vector<SqlValue>& parameters = {}) = 0;
};

class Session {
 public:
  Session(const Options& options, const std::string& application_name);
  Session(Session&&) noexcept;
  Session& operator=(Session&&) noexcept;
  ~Session();

  // Commits when `work` returns, rolls back when it throws.
  void Transact(const std::function<void(SqlTransaction&)>& work);
  // One statement in a transaction of its own.
  SqlRows Exec(const std::string& sql, const std::vector<SqlValue>& parameters = {});
  // The same for what is run again and again: prepared when it comes a second time.
  SqlRows ExecOften(const std::string& sql, const std::vector<SqlValue>& parameters);
  // One statement outside any transaction block: VACUUM.
  void ExecAlone(const std::string& sql);

  // What the server warned of since the last call.
  std::vector<std::string> TakeWarnings();

  void Cancel() noexcept;  // any thread
  int socket() const;
  int version_num() const { return version_num_; }
  std::int32_t backend_pid() const { return backend_pid_; }
  const std::string& backend_start() const { return backend_start_; }
  const std::string& display_url() const { return display_url_; }

 private:
  struct Connection;
  std::unique_ptr<Connection> connection_;
  int version_num_ = 0;
  std::int32_t backend_pid_ = 0;
  std::string backend_start_;
  std::string display_url_;
};

// Lets a session find the types and functions of extensions by their plain names.
inline constexpr const char* kExtensionsOnPath =
    "select set_config('search_path', 'pg_catalog' || coalesce((select string_agg(distinct ', ' || "
    "quote_ident(n.nspname), '') from pg_catalog.pg_extension e join pg_catalog.pg_namespace n "
    "on n.oid = e.extnamespace where n.nspname <> 'pg_catalog'), ''), false)";

// --tune: what the server would compress by pglz is compressed by LZ4, where it was built with it:
// long values, and, where the role may choose, the pages that an index build writes to the log.
inline constexpr const char* kCompressByLz4 =
    "select pg_catalog.set_config(name, 'lz4', false) from pg_catalog.pg_settings "
    "where setting = 'pglz' and 'lz4' = any (enumvals) "
    "and (name = 'default_toast_compression' or name = 'wal_compression' "
    "and exists (select from pg_catalog.pg_roles where rolname = current_user and rolsuper))";

// Refuses connections that a pooler hands to another server process between transactions.
void RefuseTransactionPooling(const Options& options, Session& session);

// Why nothing can be written in this database, and what to do; empty where it can.
std::string WhyReadOnly(Session& session);
// Throws RefusedError for the above.
void RefuseReadOnly(Session& session);

}  // namespace transload

#endif  // TRANSLOAD_LOAD_SESSION_H_
