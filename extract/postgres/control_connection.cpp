#include "extract/postgres/control_connection.h"

#include <fmt/format.h>

#include "core/error.h"
#include "extract/postgres/data_connection.h"

namespace transload::postgres {
const std::string& SqlRows::Text(std::size_t row, std::size_t column) const {
  static const std::string kEmpty;
  const std::optional<std::string>& value = rows.at(row).at(column);
  return value ? *value : kEmpty;
}
std::int64_t SqlRows::Int(std::size_t row, std::size_t column) const {
  return Null(row, column) ? 0 : std::stoll(Text(row, column));
}
std::uint64_t SqlRows::Count(std::size_t row, std::size_t column) const {
  return Null(row, column) ? 0 : std::stoull(Text(row, column));
}
ControlConnection::ControlConnection(const Endpoint& endpoint) {
  try {
    connection_ = std::make_unique<DataConnection>(endpoint);
  } catch (Error& error) {
    error.exit_code = ExitCode::kRefused;
    throw;
  }
  version_num_ = static_cast<int>(Query("select current_setting('server_version_num')").Int(0, 0));
}

ControlConnection::~ControlConnection() = default;

std::int32_t ControlConnection::backend_pid() const { return connection_->backend_pid(); }

SqlRows ControlConnection::Query(const std::string& sql) { return connection_->Exec(sql); }
QueryAnswer ControlConnection::Ask(const std::string& sql) { return connection_->Ask(sql); }

void RefuseTransactionPooling(const Endpoint& endpoint, ControlConnection& connection,
                              ControlConnection& other) {
  other.Query("begin");
  const std::string pid = other.Query("select pg_backend_pid()").Text(0, 0);
  // Both are connected: a session each means a server process each. Then the settings must stick.
  SqlRows again = connection.Query("select pg_backend_pid(), current_setting('search_path')");
  other.Query("rollback");
  const bool same = pid == std::to_string(connection.backend_pid());
  const bool moved =
      again.Int(0, 0) != connection.backend_pid() || again.Text(0, 1) != "pg_catalog";
  if (!same && !moved) return;
  throw RefusedError(fmt::format(
      "{} is reached through a connection pooler in transaction (or statement) mode, such as "
      "PgBouncer with pool_mode = transaction: two connections share one server process. A "
      "snapshot needs a session: connect to PostgreSQL itself, or to a pool in session mode",
      endpoint.display_url()));
}

}  // namespace transload::postgres
