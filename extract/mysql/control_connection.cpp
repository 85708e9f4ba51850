#include "extract/mysql/control_connection.h"

#include <cppconn/connection.h>
#include <cppconn/datatype.h>
#include <cppconn/driver.h>
#include <cppconn/exception.h>
#include <cppconn/resultset.h>
#include <cppconn/resultset_metadata.h>
#include <cppconn/statement.h>
#include <fmt/format.h>

#include <mutex>

#include "core/error.h"
#include "extract/mysql/failure.h"

namespace transload::mysql {
namespace {

// The library's one driver; making and connecting it is not safe on two threads at once.
std::mutex driver_mutex;

::sql::SQLString Text(const std::string& value) { return {value.data(), value.size()}; }

::sql::SQLString Address(const Endpoint& endpoint) {
  if (!endpoint.socket.empty()) return Text("unix://" + endpoint.socket);
  bool v6 = endpoint.host.find(':') != std::string::npos;
  std::string host = v6 ? "[" + endpoint.host + "]" : endpoint.host;
  return Text(fmt::format("tcp://{}:{}", host, endpoint.port));
}

::sql::ConnectOptionsMap Properties(const Endpoint& endpoint) {
  ::sql::ConnectOptionsMap properties;
  properties["hostName"] = Address(endpoint);
  properties["userName"] = Text(endpoint.user);
  properties["password"] = Text(endpoint.Password());
  if (!endpoint.database.empty()) properties["schema"] = Text(endpoint.database);
  properties["OPT_CONNECT_TIMEOUT"] = static_cast<int>(WholeSeconds(endpoint.connect_timeout_ms));
  properties["OPT_READ_TIMEOUT"] = static_cast<int>(WholeSeconds(endpoint.stall_timeout_ms));
  properties["OPT_WRITE_TIMEOUT"] = static_cast<int>(WholeSeconds(endpoint.stall_timeout_ms));
  properties["OPT_CHARSET_NAME"] = Text("utf8mb4");
  properties["sslVerify"] = endpoint.must_verify();
  // Without it the library does not even ask for TLS; it falls back to plain text on its own.
  properties["sslEnforce"] = endpoint.tls != TlsMode::kDisabled;
  if (endpoint.tls != TlsMode::kDisabled) {
    // Any of these makes the library offer TLS; empty ones count.
    properties["sslKey"] = Text(endpoint.ssl_key);
    properties["sslCert"] = Text(endpoint.ssl_cert);
    properties["sslCA"] = Text(endpoint.ssl_ca);
  }
  return properties;
}

bool IsText(int type) {
  return type == ::sql::DataType::CHAR || type == ::sql::DataType::VARCHAR ||
         type == ::sql::DataType::LONGVARCHAR || type == ::sql::DataType::ENUM ||
         type == ::sql::DataType::SET;
}

SqlResult Collect(::sql::ResultSet& result) {
  SqlResult rows;
  ::sql::ResultSetMetaData* meta = result.getMetaData();
  unsigned columns = meta->getColumnCount();
  for (unsigned i = 1; i <= columns; ++i) {
    rows.columns.push_back(meta->getColumnLabel(i).asStdString());
    rows.is_text.push_back(IsText(meta->getColumnType(i)));
  }
  while (result.next()) {
    auto& values = rows.rows.emplace_back(columns);
    for (unsigned i = 1; i <= columns; ++i) {
      ::sql::SQLString value = result.getString(i);
      if (!result.wasNull()) values[i - 1] = value.asStdString();
    }
  }
  return rows;
}

}  // namespace

ControlConnection::ControlConnection(const Endpoint& endpoint) {
  try {
    std::lock_guard lock(driver_mutex);
    ::sql::ConnectOptionsMap properties = Properties(endpoint);
    connection_.reset(get_driver_instance()->connect(properties));
  } catch (const ::sql::SQLException& error) {
    throw ConnectError(static_cast<unsigned>(error.getErrorCode()), error.what(), endpoint.Where());
  }
  // First of all: the library itself lets a plain connection pass when encryption was asked for.
  if (endpoint.must_encrypt()) {
    SqlResult cipher = Query("SHOW SESSION STATUS LIKE 'Ssl_cipher'");
    if (cipher.rows.empty() || cipher.rows[0].at(1).value_or("").empty()) {
      throw RefusedError(fmt::format(
          "source {} does not encrypt the connection, and its ssl-mode demands it; switch "
          "TLS on at the server, or allow ssl-mode=preferred",
          endpoint.Where()));
    }
  }
  id_ = std::stoull(Scalar("SELECT CONNECTION_ID()").value_or("0"));
}

ControlConnection::~ControlConnection() = default;

SqlResult ControlConnection::Query(const std::string& sql) {
  try {
    std::unique_ptr<::sql::Statement> statement(connection_->createStatement());
    if (!statement->execute(Text(sql))) return {};
    std::unique_ptr<::sql::ResultSet> result(statement->getResultSet());
    return Collect(*result);
  } catch (const ::sql::SQLException& error) {
    throw StatementError(static_cast<unsigned>(error.getErrorCode()), error.what(),
                         fmt::format("running: {}", sql));
  }
}

}  // namespace transload::mysql
