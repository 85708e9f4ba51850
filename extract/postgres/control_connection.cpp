#include "extract/postgres/control_connection.h"

#include <fmt/format.h>

#include <pqxx/pqxx>

#include "core/error.h"
#include "extract/postgres/failure.h"

namespace transload::postgres {
namespace {

SqlRows Converted(const pqxx::result& result) {
  SqlRows out;
  out.rows.reserve(static_cast<std::size_t>(result.size()));
  for (const auto& row : result) {
    std::vector<std::optional<std::string>> values;
    for (const auto& field : row) {
      if (field.is_null()) {
        values.emplace_back();
      } else {
        values.emplace_back(std::string(field.c_str(), field.size()));
      }
    }
    out.rows.push_back(std::move(values));
  }
  return out;
}

}  // namespace

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
double SqlRows::Real(std::size_t row, std::size_t column) const {
  return Null(row, column) ? 0 : std::stod(Text(row, column));
}

struct ControlConnection::State {
  std::unique_ptr<pqxx::connection> pqxx;
};

ControlConnection::ControlConnection(const Endpoint& endpoint) : state_(std::make_unique<State>()) {
  try {
    state_->pqxx = std::make_unique<pqxx::connection>(endpoint.ConnectionString());
  } catch (const pqxx::failure& e) {
    Error error = ConnectionLost(e.what());
    Error named(fmt::format("cannot connect to {}: {}", endpoint.display_url(), error.what()));
    named.engine = error.engine;
    named.exit_code = ExitCode::kRefused;
    named.retryable = named.connection_lost = true;
    throw named;
  }
#if PQXX_VERSION_MAJOR < 7
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
  state_->pqxx->inhibit_reactivation(true);
#pragma GCC diagnostic pop
#endif
  Query(PinSql(endpoint));
  SqlRows row = Query("select current_setting('server_version_num'), pg_backend_pid()");
  version_num_ = static_cast<int>(row.Int(0, 0));
  backend_pid_ = static_cast<std::int32_t>(row.Int(0, 1));
}

ControlConnection::~ControlConnection() = default;

bool ControlConnection::open() const { return state_->pqxx->is_open(); }

SqlRows ControlConnection::Query(const std::string& sql) {
  try {
    pqxx::nontransaction work(*state_->pqxx);
    return Converted(work.exec(sql));
  } catch (const pqxx::broken_connection& e) {
    throw ConnectionLost(e.what());
  } catch (const pqxx::deadlock_detected& e) {
    throw StatementError("40P01", e.what());
  } catch (const pqxx::serialization_failure& e) {
    throw StatementError("40001", e.what());
  } catch (const pqxx::sql_error& e) {
    Error error = StatementError(e.sqlstate(), e.what());
    if (!open()) error.connection_lost = error.retryable = true;
    throw error;
  } catch (const pqxx::failure& e) {
    if (!open()) throw ConnectionLost(e.what());
    throw StatementError("", e.what());
  }
}

void RefuseTransactionPooling(const Endpoint& endpoint, ControlConnection& connection) {
  ControlConnection other(endpoint);
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
