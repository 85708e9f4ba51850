#include "tests/rig/postgres_server.h"

#include <fmt/core.h>
#include <libpq-fe.h>
#include <signal.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <thread>
#include <utility>

#include "tests/rig/certificates.h"
#include "tests/rig/data_template.h"
#include "tests/rig/free_port.h"
#include "tests/rig/process.h"
#include "tests/rig/programs.h"
#include "tests/rig/temporary_dir.h"

namespace transload::rig {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kPostgresStartLimit{60'000};
constexpr milliseconds kPostgresStopLimit{60'000};
constexpr milliseconds kPostgresPoll{5};

struct PgConnection {
  PGconn* handle;
  explicit PgConnection(const std::string& conninfo) : handle(PQconnectdb(conninfo.c_str())) {}
  ~PgConnection() { PQfinish(handle); }
  PgConnection(const PgConnection&) = delete;
  PgConnection& operator=(const PgConnection&) = delete;
};

// Runs statements and returns the rows of the last result that has any.
Rows RunSql(const std::string& conninfo, const std::string& sql) {
  PgConnection connection(conninfo);
  if (PQstatus(connection.handle) != CONNECTION_OK) {
    throw std::runtime_error(PQerrorMessage(connection.handle));
  }
  PGresult* result = PQexec(connection.handle, sql.c_str());
  const ExecStatusType status = PQresultStatus(result);
  Rows rows;
  if (status == PGRES_TUPLES_OK) {
    for (int r = 0; r < PQntuples(result); ++r) {
      Row& row = rows.emplace_back();
      for (int c = 0; c < PQnfields(result); ++c) {
        if (PQgetisnull(result, r, c) != 0) {
          row.emplace_back(std::nullopt);
        } else {
          row.emplace_back(std::string(PQgetvalue(result, r, c),
                                       static_cast<std::size_t>(PQgetlength(result, r, c))));
        }
      }
    }
  }
  PQclear(result);
  if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK && status != PGRES_EMPTY_QUERY) {
    throw std::runtime_error(fmt::format("{}in: {}", PQerrorMessage(connection.handle), sql));
  }
  return rows;
}

std::string ConfValue(const std::string& value) {
  std::string quoted = "'";
  for (char c : value) quoted.append(c == '\'' ? "''" : std::string(1, c));
  return quoted + "'";
}

// Libpq wants %-escapes for everything special in a URL; a path's slashes are enough here.
std::string EscapedPath(const std::string& path) {
  std::string escaped;
  for (char c : path) escaped.append(c == '/' ? "%2F" : std::string(1, c));
  return escaped;
}

void InitDb(const PostgresPrograms& programs, const std::string& folder) {
  RunToEnd({.argv = {programs.bin_dir + "/initdb", "-D", folder, "-U", "postgres", "--auth=trust",
                     "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"}});
}

}  // namespace

struct PostgresServer::State {
  ServerOptions options;
  PostgresPrograms programs;
  TemporaryDir dir;
  std::string socket_dir;
  std::string data_dir;
  std::string log_file;
  std::uint16_t port = 0;
  Process process;

  explicit State(const ServerOptions& wanted)
      : options(wanted), programs(FindPostgres(wanted.version)), socket_dir(dir / "s") {
    MakeServerFolder(socket_dir);
    data_dir = socket_dir + "/data";
    log_file = socket_dir + "/log";
    if (options.own_identity) {
      InitDb(programs, data_dir);
    } else {
      CopyDataTemplate("postgres-" + programs.full_version, data_dir,
                       [this](const std::string& folder) { InitDb(programs, folder); });
    }
    WriteHba();
    for (int attempt = 1;; ++attempt) {
      port = FreePort();
      WriteConf();
      try {
        Start();
        return;
      } catch (const std::runtime_error&) {
        // Between FreePort and the server's own bind somebody else may have taken the port.
        if (attempt == 3) throw;
      }
    }
  }

  std::string Conninfo(const std::string& database) const {
    return fmt::format("host={} port={} user=postgres dbname='{}' connect_timeout=30", socket_dir,
                       port, database);
  }

  void WriteHba() const {
    std::ofstream hba(data_dir + "/pg_hba.conf");
    for (const std::string& line : options.hba) hba << line << '\n';
    hba << "local all postgres trust\n"
           "host all postgres 127.0.0.1/32 trust\n"
           "local all all scram-sha-256\n"
           "host all all 127.0.0.1/32 scram-sha-256\n"
           "local replication postgres trust\n"
           "host replication postgres 127.0.0.1/32 trust\n";
  }

  void WriteConf() const {
    std::map<std::string, std::string> settings = {
        {"listen_addresses", options.listen == Listen::kLoopback ? "127.0.0.1" : ""},
        {"port", std::to_string(port)},
        {"unix_socket_directories", socket_dir},
        {"fsync", "off"},
        {"full_page_writes", "off"},
        {"shared_buffers", "64MB"},
        {"password_encryption", "scram-sha-256"},
        {"log_line_prefix", "%m [%p] %q%u@%d "},
        {"timezone", "UTC"}};
    if (options.tls) {
      settings["ssl"] = "on";
      settings["ssl_ca_file"] = socket_dir + "/ca.pem";
      settings["ssl_cert_file"] = socket_dir + "/server.pem";
      settings["ssl_key_file"] = socket_dir + "/server.key";
      if (!std::filesystem::exists(settings["ssl_key_file"])) {
        MakeServerTlsFiles(socket_dir, options.tls_name);
      }
    }
    for (const auto& [name, value] : options.settings) settings[name] = value;
    std::ofstream conf(data_dir + "/postgresql.conf");
    for (const auto& [name, value] : settings) conf << name << " = " << ConfValue(value) << '\n';
  }

  // After a SIGKILL the old backends may hold the shared memory for a moment longer; the postmaster
  // refuses to start until they are gone.
  void Start() {
    const auto end = std::chrono::steady_clock::now() + kPostgresStartLimit;
    for (;;) {
      process = Process::Start(
          {.argv = {programs.bin_dir + "/postgres", "-D", data_dir}, .output_file = log_file});
      while (process.Running() && std::chrono::steady_clock::now() < end) {
        if (PQping(Conninfo("postgres").c_str()) == PQPING_OK) return;
        std::this_thread::sleep_for(kPostgresPoll);
      }
      const std::string log = LogTail(log_file);
      const bool old_backends = log.find("is still in use") != std::string::npos;
      if (!old_backends || std::chrono::steady_clock::now() >= end) {
        process = Process();
        throw std::runtime_error(
            fmt::format("PostgreSQL {} did not start\n{}", programs.full_version, log));
      }
      std::this_thread::sleep_for(milliseconds(50));
    }
  }

  void Stop(StopMode mode) {
    process.Signal(mode == StopMode::kClean ? SIGINT : SIGQUIT);
    if (!process.WaitFor(kPostgresStopLimit)) {
      throw std::runtime_error("PostgreSQL did not stop\n" + LogTail(log_file));
    }
  }
};

PostgresServer::PostgresServer(std::unique_ptr<State> state) : state_(std::move(state)) {}
PostgresServer::PostgresServer(PostgresServer&&) noexcept = default;
PostgresServer& PostgresServer::operator=(PostgresServer&&) noexcept = default;

PostgresServer::~PostgresServer() {
  if (state_ == nullptr) return;
  // SIGQUIT lets the postmaster take its backends and its shared memory with it.
  state_->process.Signal(SIGQUIT);
  state_->process.WaitFor(milliseconds(10'000));
}

PostgresServer PostgresServer::Start(const ServerOptions& options) {
  return PostgresServer(std::make_unique<State>(options));
}

void PostgresServer::Stop(StopMode mode) { state_->Stop(mode); }

void PostgresServer::Restart(StopMode mode) {
  state_->Stop(mode);
  state_->Start();
}

void PostgresServer::Kill() {
  state_->process.Signal(SIGKILL);
  state_->process.WaitFor(kPostgresStopLimit);
}

std::string PostgresServer::Url(const std::string& database) const {
  return fmt::format("postgresql://postgres@/{}?host={}&port={}", database,
                     EscapedPath(state_->socket_dir), state_->port);
}

std::string PostgresServer::LibpqConninfo(const std::string& database) const {
  return fmt::format("host={} port={} user=postgres dbname={}", state_->socket_dir, state_->port,
                     ConfValue(database));
}

std::string PostgresServer::TcpUrl(const std::string& database, const std::string& user,
                                   std::uint16_t port) const {
  return fmt::format("postgresql://{}@127.0.0.1:{}/{}", user, port != 0 ? port : state_->port,
                     database);
}

void PostgresServer::Execute(const std::string& sql, const std::string& database) const {
  RunSql(state_->Conninfo(database), sql);
}

Rows PostgresServer::Query(const std::string& sql, const std::string& database) const {
  return RunSql(state_->Conninfo(database), sql);
}

std::string PostgresServer::QueryValue(const std::string& sql, const std::string& database) const {
  const Rows rows = Query(sql, database);
  if (rows.size() != 1 || rows[0].size() != 1 || !rows[0][0].has_value()) {
    throw std::runtime_error("not exactly one value that is not NULL: " + sql);
  }
  return *rows[0][0];
}

void PostgresServer::CreateUser(const std::string& user, const std::string& password,
                                const std::string& attributes) const {
  Execute(fmt::format("create role \"{}\" login password {} {}", user, ConfValue(password),
                      attributes));
}

pid_t PostgresServer::pid() const { return state_->process.pid(); }
bool PostgresServer::running() const { return state_->process.Running(); }
int PostgresServer::major_version() const { return state_->programs.major; }
std::uint16_t PostgresServer::port() const { return state_->port; }
const std::string& PostgresServer::socket_dir() const { return state_->socket_dir; }
const std::string& PostgresServer::data_dir() const { return state_->data_dir; }
const std::string& PostgresServer::bin_dir() const { return state_->programs.bin_dir; }
const std::string& PostgresServer::log_file() const { return state_->log_file; }

const TlsFiles& PostgresServer::tls() const {
  if (!state_->options.tls) throw std::runtime_error("this server was started without TLS");
  return ClientTlsFiles();
}

}  // namespace transload::rig
