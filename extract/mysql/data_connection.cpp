#include "extract/mysql/data_connection.h"

#include <fmt/format.h>
#include <mariadb/mysql.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>

#include "core/error.h"
#include "extract/mysql/failure.h"

namespace transload::mysql {
namespace {

// A value ends at 1 GiB, a row of several may be longer: it is read, so that it can be rejected by
// its name.
constexpr unsigned long kMaxPacket = 0xFFFFFFFFUL;

struct ResultCloser {
  void operator()(MYSQL_RES* result) const { mysql_free_result(result); }
};

template <typename T>
void SetOption(MYSQL* handle, mysql_option option, const T* value) {
  if (mysql_options(handle, option, value) != 0) {
    throw BugError(
        fmt::format("the MySQL client library refuses option {}", static_cast<int>(option)));
  }
}

void SetTls(MYSQL* handle, const Endpoint& endpoint) {
  // Always set: its default differs between versions of the library.
  my_bool verify = endpoint.must_verify() ? 1 : 0;
  // Without it the library does not even ask for TLS; it falls back to plain text on its own, which
  // is what "preferred" means and what the check after connecting refuses from "required" up.
  my_bool enforce = endpoint.tls != TlsMode::kDisabled ? 1 : 0;
  if (endpoint.tls == TlsMode::kDisabled) {
    SetOption(handle, MYSQL_OPT_SSL_ENFORCE, &enforce);
    SetOption(handle, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &verify);
    return;
  }
  auto text = [](const std::string& value) { return value.empty() ? nullptr : value.c_str(); };
  mysql_ssl_set(handle, text(endpoint.ssl_key), text(endpoint.ssl_cert), text(endpoint.ssl_ca),
                nullptr, nullptr);
  SetOption(handle, MYSQL_OPT_SSL_ENFORCE, &enforce);
  SetOption(handle, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &verify);
}

bool IsText(const MYSQL_FIELD& field) {
  constexpr unsigned kBytes = 63;  // the collation of binary, numbers and times
  switch (field.type) {
    case MYSQL_TYPE_STRING:  // ENUM and SET too
    case MYSQL_TYPE_VAR_STRING:
    case MYSQL_TYPE_VARCHAR:
    case MYSQL_TYPE_TINY_BLOB:
    case MYSQL_TYPE_BLOB:
    case MYSQL_TYPE_MEDIUM_BLOB:
    case MYSQL_TYPE_LONG_BLOB:
      return field.charsetnr != kBytes;
    default:
      return false;
  }
}

SqlResult Store(MYSQL* handle, DataConnection& connection, const std::string& sql) {
  SqlResult rows;
  std::unique_ptr<MYSQL_RES, ResultCloser> result(mysql_store_result(handle));
  if (!result) {
    if (mysql_errno(handle) != 0) connection.Throw(fmt::format("running: {}", sql));
    return rows;
  }
  unsigned fields = mysql_num_fields(result.get());
  MYSQL_FIELD* field = mysql_fetch_fields(result.get());
  for (unsigned i = 0; i < fields; ++i) {
    rows.columns.emplace_back(field[i].name);
    rows.is_text.push_back(IsText(field[i]));
  }
  while (MYSQL_ROW row = mysql_fetch_row(result.get())) {
    unsigned long* lengths = mysql_fetch_lengths(result.get());
    auto& values = rows.rows.emplace_back(fields);
    for (unsigned i = 0; i < fields; ++i) {
      if (row[i] != nullptr) values[i].emplace(row[i], lengths[i]);
    }
  }
  return rows;
}

bool IsAtWork(const SqlResult& processes, std::uint64_t id) {
  for (std::size_t i = 0; i < processes.rows.size(); ++i) {
    if (processes.Text(i, "Id") == std::to_string(id)) {
      return processes.Text(i, "Command") == "Query";
    }
  }
  return false;
}

}  // namespace

void DataConnection::Closer::operator()(st_mysql* handle) const { mysql_close(handle); }

DataConnection::DataConnection(const Endpoint& endpoint) : endpoint_(endpoint) {
  handle_.reset(mysql_init(nullptr));
  MYSQL* handle = handle_.get();
  if (handle == nullptr) throw std::bad_alloc();
  unsigned connect_seconds = WholeSeconds(endpoint.connect_timeout_ms);
  unsigned stall_seconds = WholeSeconds(endpoint.stall_timeout_ms);
  SetOption(handle, MYSQL_OPT_CONNECT_TIMEOUT, &connect_seconds);
  SetOption(handle, MYSQL_OPT_READ_TIMEOUT, &stall_seconds);
  SetOption(handle, MYSQL_OPT_WRITE_TIMEOUT, &stall_seconds);
  SetOption(handle, MYSQL_OPT_MAX_ALLOWED_PACKET, &kMaxPacket);
  SetOption(handle, MYSQL_SET_CHARSET_NAME, "utf8mb4");
  SetTls(handle, endpoint);
  std::string password = endpoint.Password();
  const char* socket = endpoint.socket.empty() ? nullptr : endpoint.socket.c_str();
  const char* host = socket != nullptr ? "localhost" : endpoint.host.c_str();
  if (socket == nullptr) {
    // "localhost" must not become a socket behind the user's back.
    unsigned protocol = MYSQL_PROTOCOL_TCP;
    SetOption(handle, MYSQL_OPT_PROTOCOL, &protocol);
  }
  if (mysql_real_connect(handle, host, endpoint.user.c_str(), password.c_str(),
                         endpoint.database.empty() ? nullptr : endpoint.database.c_str(),
                         endpoint.port, socket, 0) == nullptr) {
    throw ConnectError(mysql_errno(handle), mysql_error(handle), endpoint.Where());
  }
  if (endpoint.must_encrypt() && !encrypted()) {
    throw RefusedError(fmt::format(
        "source {} does not encrypt the connection, and its ssl-mode demands it; switch TLS "
        "on at the server, or allow ssl-mode=preferred",
        endpoint.Where()));
  }
  id_ = mysql_thread_id(handle);
  socket_ = static_cast<int>(mysql_get_socket(handle));
}

DataConnection::~DataConnection() {
  std::lock_guard lock(socket_mutex_);
  socket_ = -1;
  handle_.reset();
}

bool DataConnection::encrypted() const {
  const char* cipher = mysql_get_ssl_cipher(handle_.get());
  return cipher != nullptr && *cipher != '\0';
}

unsigned DataConnection::error_number() const { return mysql_errno(handle_.get()); }

void DataConnection::Throw(std::string_view doing) const {
  throw StatementError(mysql_errno(handle_.get()), mysql_error(handle_.get()), doing);
}

void DataConnection::Send(const std::string& sql) {
  if (mysql_send_query(handle_.get(), sql.data(), sql.size()) != 0) {
    Throw(fmt::format("sending: {}", sql));
  }
}

SqlResult DataConnection::Receive(const std::string& sql) {
  if (mysql_read_query_result(handle_.get()) != 0) Throw(fmt::format("running: {}", sql));
  return Store(handle_.get(), *this, sql);
}

SqlResult DataConnection::Query(const std::string& sql) {
  Send(sql);
  return Receive(sql);
}

SqlResult DataConnection::ReceivePatiently(const std::string& sql) {
  int patience_ms =
      static_cast<int>(std::clamp<std::uint64_t>(endpoint_.stall_timeout_ms, 1'000, 3'600'000));
  for (;;) {
    pollfd wanted{socket_, POLLIN, 0};
    int ready = poll(&wanted, 1, patience_ms);
    if (ready != 0) break;  // bytes, or an error that the library will meet and name
    DataConnection witness(endpoint_);
    if (!IsAtWork(witness.Query("SHOW PROCESSLIST"), id_)) {
      throw StatementError(2013, "the server is not at work on the query, and no answer came",
                           fmt::format("running: {}", sql));
    }
  }
  return Receive(sql);
}

void DataConnection::Shutdown() noexcept {
  std::lock_guard lock(socket_mutex_);
  if (socket_ >= 0) ::shutdown(socket_, SHUT_RDWR);
}

void KillQuery(const Endpoint& endpoint, std::uint64_t connection_id) {
  Endpoint quick = endpoint;
  quick.connect_timeout_ms = std::min<std::uint64_t>(quick.connect_timeout_ms, 5'000);
  quick.stall_timeout_ms = std::min<std::uint64_t>(quick.stall_timeout_ms, 5'000);
  DataConnection killer(quick);
  killer.Query(fmt::format("KILL QUERY {}", connection_id));
}

}  // namespace transload::mysql
