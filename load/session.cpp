#include "load/session.h"

#include <fmt/format.h>
#include <sys/socket.h>

#include <map>
#include <mutex>
#include <pqxx/pqxx>
#include <utility>

#include "core/brief_wait.h"
#include "core/error.h"
#include "load/backend_watch.h"
#include "load/conninfo.h"
#include "load/ddl.h"
#include "load/target_error.h"

namespace transload {
namespace {

[[noreturn]] void ThrowTranslated(const std::exception_ptr& caught, bool open) {
  try {
    std::rethrow_exception(caught);
  } catch (const pqxx::in_doubt_error& e) {
    Error error = TargetLost(e.what());
    error.commit_in_doubt = true;
    throw error;
  } catch (const pqxx::deadlock_detected& e) {
    throw TargetError("40P01", e.what());
  } catch (const pqxx::serialization_failure& e) {
    throw TargetError("40001", e.what());
  } catch (const pqxx::broken_connection& e) {
    throw TargetLost(e.what());
  } catch (const pqxx::sql_error& e) {
    Error error = TargetError(e.sqlstate(), e.what());
    if (!open) error.connection_lost = true;
    throw error;
  } catch (const pqxx::failure& e) {
    if (!open) throw TargetLost(e.what());
    throw TargetError("", e.what());
  }
}

SqlRows Converted(const pqxx::result& result) {
  SqlRows out;
  out.affected = result.affected_rows();
  out.rows.reserve(static_cast<std::size_t>(result.size()));
  for (const auto& row : result) {
    std::vector<SqlValue> values;
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

// --- The calls whose shape differs between libpqxx 6 and 7.

#if PQXX_VERSION_MAJOR >= 7
pqxx::params Bound(const std::vector<SqlValue>& parameters) {
  pqxx::params bound;
  for (const SqlValue& value : parameters) bound.append(value ? value->c_str() : nullptr);
  return bound;
}
#else
std::vector<const char*> Bound(const std::vector<SqlValue>& parameters) {
  std::vector<const char*> bound;
  for (const SqlValue& value : parameters) bound.push_back(value ? value->c_str() : nullptr);
  return bound;
}
#endif

pqxx::result Run(pqxx::transaction_base& work, const std::string& sql,
                 const std::vector<SqlValue>& parameters) {
  if (parameters.empty()) return work.exec(sql);
  const auto bound = Bound(parameters);
#if PQXX_VERSION_MAJOR > 7 || (PQXX_VERSION_MAJOR == 7 && PQXX_VERSION_MINOR >= 9)
  return work.exec(sql, bound);
#elif PQXX_VERSION_MAJOR == 7
  return work.exec_params(sql, bound);
#else
  return work.exec_params(sql, pqxx::prepare::make_dynamic_params(bound));
#endif
}

pqxx::result RunPrepared(pqxx::transaction_base& work, const std::string& name,
                         const std::vector<SqlValue>& parameters) {
  const auto bound = Bound(parameters);
#if PQXX_VERSION_MAJOR > 7 || (PQXX_VERSION_MAJOR == 7 && PQXX_VERSION_MINOR >= 9)
  return work.exec(pqxx::prepped{name}, bound);
#elif PQXX_VERSION_MAJOR == 7
  return work.exec_prepared(name, bound);
#else
  return work.exec_prepared(name, pqxx::prepare::make_dynamic_params(bound));
#endif
}

constexpr std::size_t kMostWarnings = 100;  // of those that nobody takes

// "WARNING:  no privileges were granted for ..."
std::string WithoutSeverity(std::string_view notice) {
  notice = notice.substr(0, notice.find_last_not_of('\n') + 1);
  const std::size_t colon = notice.find(":  ");
  return std::string(colon == notice.npos ? notice : notice.substr(colon + 3));
}

#if PQXX_VERSION_MAJOR > 7 || (PQXX_VERSION_MAJOR == 7 && PQXX_VERSION_MINOR >= 8)
struct Listener {
  Listener(pqxx::connection& connection, std::vector<std::string>& warnings) {
    connection.set_notice_handler([&warnings](std::string_view notice) noexcept {
      if (warnings.size() < kMostWarnings) warnings.push_back(WithoutSeverity(notice));
    });
  }
};
#else
class Listener : public pqxx::errorhandler {
 public:
  Listener(pqxx::connection& connection, std::vector<std::string>& warnings)
      : errorhandler(connection), warnings_(warnings) {}
  bool operator()(const char notice[]) noexcept override {
    if (warnings_.size() < kMostWarnings) warnings_.push_back(WithoutSeverity(notice));
    return false;
  }

 private:
  std::vector<std::string>& warnings_;
};
#endif

class Work : public SqlTransaction {
 public:
  explicit Work(pqxx::transaction_base& work) : work_(work) {}
  SqlRows Exec(const std::string& sql, const std::vector<SqlValue>& parameters) override {
    return Converted(Run(work_, sql, parameters));
  }

 private:
  pqxx::transaction_base& work_;
};

}  // namespace

struct Session::Connection {
  Options options;
  std::vector<std::string> warnings;
  std::shared_ptr<pqxx::connection> pqxx;
  std::unique_ptr<Listener> listener;
  std::mutex cancelling;  // keeps the connection from going away under Cancel()
  bool cancelled = false;
  std::map<std::string, std::string> often;  // SQL that was run, and its name once it is prepared
  int prepared = 0;
};

const std::string& SqlRows::Text(std::size_t row, std::size_t column) const {
  static const std::string kEmpty;
  const SqlValue& value = rows.at(row).at(column);
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

Session::Session(const Options& options, const std::string& application_name)
    : connection_(std::make_unique<Connection>()) {
  Conninfo conninfo(options.target_url, options.connect_timeout_ms, options.stall_timeout_ms);
  display_url_ = conninfo.display_url();
  connection_->options = options;
  try {
    connection_->pqxx = std::make_shared<pqxx::connection>(conninfo.ConnectionString());
  } catch (const pqxx::failure& e) {
    Error error = TargetLost(
        fmt::format("cannot connect to {}: {}", display_url_, TargetLost(e.what()).what()));
    error.exit_code = ExitCode::kRefused;
    throw error;
  }
  connection_->listener = std::make_unique<Listener>(*connection_->pqxx, connection_->warnings);
#if PQXX_VERSION_MAJOR < 7
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
  connection_->pqxx->inhibit_reactivation(true);
#pragma GCC diagnostic pop
#endif
  auto settings = CommonSettings(options.lock_timeout_ms);
  settings.emplace_back("application_name", application_name);
  const SqlRows self = Exec(SessionStartSql(settings));
  version_num_ = static_cast<int>(self.Int(0, 0));
  backend_pid_ = static_cast<std::int32_t>(self.Int(0, 1));
  backend_start_ = self.Text(0, 2);
  if (version_num_ < 100000) {
    throw RefusedError(fmt::format("{} runs PostgreSQL {}; transload needs 10 or newer",
                                   display_url_, version_num_));
  }
}
Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&&) noexcept = default;
Session::~Session() = default;

void Session::Transact(const std::function<void(SqlTransaction&)>& work) {
  BackendWatch watch(connection_->options, socket(), backend_pid_, backend_start_);
  try {
    pqxx::work transaction(*connection_->pqxx);
    Work wrapped(transaction);
    work(wrapped);
    transaction.commit();
  } catch (const pqxx::failure&) {
    ThrowTranslated(std::current_exception(), connection_->pqxx->is_open());
  }
}

SqlRows Session::Exec(const std::string& sql, const std::vector<SqlValue>& parameters) {
  BackendWatch watch(connection_->options, socket(), backend_pid_, backend_start_);
  try {
    pqxx::nontransaction transaction(*connection_->pqxx);
    return Converted(Run(transaction, sql, parameters));
  } catch (const pqxx::failure&) {
    ThrowTranslated(std::current_exception(), connection_->pqxx->is_open());
  }
}

SqlRows Session::ExecOften(const std::string& sql, const std::vector<SqlValue>& parameters) {
  const auto [found, first] = connection_->often.try_emplace(sql);
  if (first) return Exec(sql, parameters);
  BackendWatch watch(connection_->options, socket(), backend_pid_, backend_start_);
  try {
    if (found->second.empty()) {
      const std::string name = fmt::format("often_{}", ++connection_->prepared);
      connection_->pqxx->prepare(name, sql);
      found->second = name;
    }
    pqxx::nontransaction transaction(*connection_->pqxx);
    return Converted(RunPrepared(transaction, found->second, parameters));
  } catch (const pqxx::failure&) {
    ThrowTranslated(std::current_exception(), connection_->pqxx->is_open());
  }
}

void Session::ExecAlone(const std::string& sql) { Exec(sql); }

std::vector<std::string> Session::TakeWarnings() {
  return std::exchange(connection_->warnings, {});
}

void Session::Cancel() noexcept {
  if (!connection_) return;
  std::lock_guard lock(connection_->cancelling);
  if (connection_->cancelled || !connection_->pqxx) return;
  connection_->cancelled = true;
  // Shared with a thread that may have to wait longer for a server that cannot be reached.
  BrieflyWaitFor([pqxx = connection_->pqxx] {
    try {
      pqxx->cancel_query();
    } catch (const std::exception&) {
      return;  // closing the socket is what is left
    }
  });
  ::shutdown(connection_->pqxx->sock(), SHUT_RDWR);
}

int Session::socket() const { return connection_->pqxx->sock(); }

void RefuseTransactionPooling(const Options& options, Session& session) {
  Session other(options, "transload probe");
  std::string pid;
  other.Transact([&](SqlTransaction& transaction) {
    pid = transaction.Exec("select pg_backend_pid()").Text(0, 0);
  });
  // Both are connected: a session each means a server process each. Then the settings must stick.
  SqlRows again = session.Exec("select pg_backend_pid(), current_setting('search_path')");
  bool same = pid == std::to_string(session.backend_pid());
  bool moved = again.Int(0, 0) != session.backend_pid() || again.Text(0, 1) != "pg_catalog";
  if (!same && !moved) return;
  throw RefusedError(fmt::format(
      "{} is reached through a connection pooler in transaction (or statement) mode, such as "
      "PgBouncer with pool_mode = transaction: two connections share one server process. Locks, "
      "snapshots and COPY need a session: connect to PostgreSQL itself, or to a pool in session "
      "mode",
      session.display_url()));
}

std::string WhyReadOnly(Session& session) {
  const SqlRows row = session.Exec(
      "select pg_is_in_recovery(), reset_val::bool, current_user, current_database() from "
      "pg_catalog.pg_settings where name = 'default_transaction_read_only'");
  if (row.Bool(0, 0)) return "the server is a standby: connect to the primary";
  if (!row.Bool(0, 1)) return "";
  return fmt::format(
      "default_transaction_read_only is on for sessions of {} in {}: set it off for the server, "
      "the database or the role",
      row.Text(0, 2), row.Text(0, 3));
}

void RefuseReadOnly(Session& session) {
  const std::string why = WhyReadOnly(session);
  if (!why.empty()) {
    throw RefusedError(fmt::format("nothing can be written to {}: {}", session.display_url(), why));
  }
}

}  // namespace transload
