#include "tests/rig/mysql_server.h"

#include <fmt/core.h>
#include <mysql.h>
#include <signal.h>

#include <chrono>
#include <filesystem>
#include <stdexcept>
#include <thread>
#include <vector>

#include "tests/rig/certificates.h"
#include "tests/rig/data_template.h"
#include "tests/rig/free_port.h"
#include "tests/rig/mysql_data_folder.h"
#include "tests/rig/process.h"
#include "tests/rig/programs.h"
#include "tests/rig/temporary_dir.h"

namespace transload::rig {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kStartLimit{120'000};
constexpr milliseconds kStopLimit{120'000};
constexpr milliseconds kPoll{10};

class Connection {
 public:
  Connection() : handle_(mysql_init(nullptr)) {}
  ~Connection() { mysql_close(handle_); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  bool Open(const std::string& socket, const std::string& database) {
    mysql_options(handle_, MYSQL_SET_CHARSET_NAME, "utf8mb4");
    return mysql_real_connect(handle_, "localhost", "root", "",
                              database.empty() ? nullptr : database.c_str(), 0, socket.c_str(),
                              CLIENT_MULTI_STATEMENTS) != nullptr;
  }

  // Runs all statements and returns the rows of the last one that has any.
  Rows Run(const std::string& sql) {
    if (mysql_real_query(handle_, sql.data(), sql.size()) != 0) throw Failure(sql);
    Rows rows;
    for (int next = 0; next == 0; next = NextResult(sql)) {
      if (MYSQL_RES* result = mysql_store_result(handle_); result != nullptr) {
        rows = Fetch(result);
        mysql_free_result(result);
      } else if (mysql_errno(handle_) != 0) {
        throw Failure(sql);
      }
    }
    return rows;
  }

  std::runtime_error Failure(const std::string& what) const {
    return std::runtime_error(
        fmt::format("{} ({}) in: {}", mysql_error(handle_), mysql_errno(handle_), what));
  }

 private:
  int NextResult(const std::string& sql) {
    const int next = mysql_next_result(handle_);
    if (next > 0) throw Failure(sql);
    return next;
  }

  static Rows Fetch(MYSQL_RES* result) {
    Rows rows;
    const unsigned columns = mysql_num_fields(result);
    while (MYSQL_ROW cells = mysql_fetch_row(result)) {
      const unsigned long* sizes = mysql_fetch_lengths(result);
      Row& row = rows.emplace_back();
      for (unsigned c = 0; c < columns; ++c) {
        row.push_back(cells[c] == nullptr ? std::nullopt
                                          : std::optional(std::string(cells[c], sizes[c])));
      }
    }
    return rows;
  }

  MYSQL* handle_;
};

std::string Quoted(const std::string& value) {
  std::string quoted = "'";
  for (char c : value) {
    if (c == '\'' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "'";
}

}  // namespace

struct MySqlFamilyServer::State {
  ServerOptions options;
  MySqlKind kind;
  MySqlPrograms programs;
  TemporaryDir dir;
  std::string socket_dir;
  std::string socket;
  std::string data_dir;
  std::string log_file;
  std::uint16_t port = 0;
  Process process;

  State(MySqlKind wanted_kind, const ServerOptions& wanted)
      : options(wanted),
        kind(wanted_kind),
        programs(wanted_kind == MySqlKind::kMariaDb ? FindMariaDb() : FindMySql(wanted.version)),
        socket_dir(dir / "s"),
        socket(socket_dir + "/sock"),
        data_dir(socket_dir + "/data"),
        log_file(socket_dir + "/log") {
    MakeServerFolder(socket_dir);
    MakeServerFolder(socket_dir + "/tmp");
    CopyDataTemplate("mysql-family-" + programs.full_version, data_dir,
                     [this](const std::string& folder) {
                       InitMySqlDataFolder(kind, programs, folder);
                       std::filesystem::remove(folder + "/auto.cnf");  // holds the server's uuid
                     });
    if (options.tls) MakeServerTlsFiles(socket_dir, options.tls_name);
    for (int attempt = 1;; ++attempt) {
      if (options.listen == Listen::kLoopback) port = FreePort();
      try {
        Start();
        break;
      } catch (const std::runtime_error&) {
        // Between FreePort and the server's own bind somebody else may have taken the port.
        if (attempt == 3) throw;
      }
    }
    PrepareAccounts();
  }

  void PrepareAccounts() const {
    Connection connection;
    if (!connection.Open(socket, "")) throw connection.Failure("connect");
    // Anonymous users, which 5.6 makes, would catch every login from localhost.
    connection.Run(
        "set sql_log_bin = 0; delete from mysql.user where user = '';"
        "delete from mysql.db where user = ''; flush privileges");
    if (connection.Run("select 1 from mysql.user where user = 'root' and host = '127.0.0.1'")
            .empty()) {
      connection.Run(
          "create user 'root'@'127.0.0.1';"
          "grant all on *.* to 'root'@'127.0.0.1' with grant option");
    }
    connection.Run("create database if not exists test; set sql_log_bin = 1");
  }

  std::map<std::string, std::string> Settings() const {
    std::map<std::string, std::string> settings = {{"bind_address", "127.0.0.1"},
                                                   {"character_set_server", "utf8mb4"},
                                                   {"innodb_buffer_pool_size", "64M"},
                                                   {"innodb_flush_log_at_trx_commit", "0"},
                                                   {"innodb_use_native_aio", "0"},
                                                   {"log_bin", "binlog"},
                                                   {"binlog_format", "ROW"},
                                                   {"server_id", "1"},
                                                   {"sync_binlog", "0"},
                                                   {"skip_name_resolve", "1"},
                                                   {"secure_file_priv", ""},
                                                   {"tmpdir", socket_dir + "/tmp"}};
    if (options.listen == Listen::kSocketOnly) {
      settings["skip_networking"] = "1";
    } else {
      settings["port"] = std::to_string(port);
    }
    if (kind == MySqlKind::kMySql) {
      settings["innodb_redo_log_capacity"] = "32M";
      settings["mysqlx"] = "0";
      settings["binlog_row_metadata"] = "FULL";
      settings.erase("binlog_format");  // only ROW is left, and naming it draws a warning
      if (!options.tls) settings["tls_version"] = "";  // else the server makes its own certificates
    } else {
      settings["innodb_log_file_size"] = "16M";
    }
    if (options.tls) {
      settings["ssl_ca"] = socket_dir + "/ca.pem";
      settings["ssl_cert"] = socket_dir + "/server.pem";
      settings["ssl_key"] = socket_dir + "/server.key";
    }
    for (const auto& [name, value] : options.settings) settings[name] = value;
    return settings;
  }

  void Start() {
    std::vector<std::string> argv = programs.server;
    argv.insert(argv.end(), programs.base_args.begin(), programs.base_args.end());
    argv.push_back("--datadir=" + data_dir);
    argv.push_back("--socket=" + socket);
    argv.push_back("--pid-file=" + socket_dir + "/pid");
    for (const auto& [name, value] : Settings()) argv.push_back("--" + name + "=" + value);
    process = Process::Start({.argv = argv, .output_file = log_file});
    const auto end = std::chrono::steady_clock::now() + kStartLimit;
    while (process.Running() && std::chrono::steady_clock::now() < end) {
      if (Connection connection; connection.Open(socket, "")) return;
      std::this_thread::sleep_for(kPoll);
    }
    process = Process();
    throw std::runtime_error(
        fmt::format("{} did not start\n{}", programs.full_version, LogTail(log_file)));
  }

  void Stop(StopMode mode) {
    process.Signal(mode == StopMode::kClean ? SIGTERM : SIGKILL);
    if (!process.WaitFor(kStopLimit)) {
      throw std::runtime_error("the server did not stop\n" + LogTail(log_file));
    }
  }

  Rows Run(const std::string& sql, const std::string& database) const {
    Connection connection;
    if (!connection.Open(socket, database)) throw connection.Failure(sql);
    return connection.Run(sql);
  }
};

MySqlFamilyServer::MySqlFamilyServer(Kind kind, const ServerOptions& options)
    : state_(std::make_unique<State>(kind == Kind::kMariaDb     ? MySqlKind::kMariaDb
                                     : options.version == "5.6" ? MySqlKind::kMySql56
                                                                : MySqlKind::kMySql,
                                     options)) {}
MySqlFamilyServer::MySqlFamilyServer(MySqlFamilyServer&&) noexcept = default;
MySqlFamilyServer& MySqlFamilyServer::operator=(MySqlFamilyServer&&) noexcept = default;
MySqlFamilyServer::~MySqlFamilyServer() = default;

void MySqlFamilyServer::Stop(StopMode mode) { state_->Stop(mode); }

void MySqlFamilyServer::Restart(StopMode mode) {
  state_->Stop(mode);
  state_->Start();
}

void MySqlFamilyServer::Kill() { state_->Stop(StopMode::kImmediate); }

std::string MySqlFamilyServer::Url(const std::string& database) const {
  return fmt::format("mysql://root@localhost/{}?socket={}", database, state_->socket);
}

std::string MySqlFamilyServer::TcpUrl(const std::string& database, const std::string& user,
                                      std::uint16_t port) const {
  return fmt::format("mysql://{}@127.0.0.1:{}/{}", user, port != 0 ? port : state_->port, database);
}

void MySqlFamilyServer::Execute(const std::string& sql, const std::string& database) const {
  state_->Run(sql, database);
}

Rows MySqlFamilyServer::Query(const std::string& sql, const std::string& database) const {
  return state_->Run(sql, database);
}

std::string MySqlFamilyServer::QueryValue(const std::string& sql,
                                          const std::string& database) const {
  const Rows rows = Query(sql, database);
  if (rows.size() != 1 || rows[0].size() != 1 || !rows[0][0].has_value()) {
    throw std::runtime_error("not exactly one value that is not NULL: " + sql);
  }
  return *rows[0][0];
}

void MySqlFamilyServer::CreateUser(const std::string& user, const std::string& password,
                                   const std::string& plugin) const {
  const std::string name = Quoted(user) + "@'%'";
  if (plugin.empty()) {
    Execute(fmt::format("create user {} identified by {}", name, Quoted(password)));
  } else if (is_mariadb()) {
    Execute(fmt::format("create user {} identified via {} using password({})", name, plugin,
                        Quoted(password)));
  } else if (state_->kind == MySqlKind::kMySql56) {
    Execute(
        fmt::format("create user {0} identified with {1};"
                    "set old_passwords = {2}; set password for {0} = password({3})",
                    name, plugin, plugin == "sha256_password" ? 2 : 0, Quoted(password)));
  } else {
    Execute(fmt::format("create user {} identified with {} by {}", name, plugin, Quoted(password)));
  }
}

pid_t MySqlFamilyServer::pid() const { return state_->process.pid(); }
bool MySqlFamilyServer::running() const { return state_->process.Running(); }
bool MySqlFamilyServer::is_mariadb() const { return state_->kind == MySqlKind::kMariaDb; }
std::string MySqlFamilyServer::version() const { return QueryValue("select version()"); }
std::uint16_t MySqlFamilyServer::port() const { return state_->port; }
const std::string& MySqlFamilyServer::socket() const { return state_->socket; }
const std::string& MySqlFamilyServer::socket_dir() const { return state_->socket_dir; }
const std::string& MySqlFamilyServer::data_dir() const { return state_->data_dir; }
const std::string& MySqlFamilyServer::log_file() const { return state_->log_file; }

const TlsFiles& MySqlFamilyServer::tls() const {
  if (!state_->options.tls) throw std::runtime_error("this server was started without TLS");
  return ClientTlsFiles();
}

}  // namespace transload::rig
