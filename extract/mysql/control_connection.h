// A connection through MySQL Connector/C++: catalogue, locks, estimates.
#ifndef TRANSLOAD_EXTRACT_MYSQL_CONTROL_CONNECTION_H_
#define TRANSLOAD_EXTRACT_MYSQL_CONTROL_CONNECTION_H_

#include <memory>
#include <string>

#include "extract/mysql/endpoint.h"
#include "extract/mysql/sql_connection.h"

namespace sql {
class Connection;
}

namespace transload::mysql {

// Logged in, encrypted as the endpoint demands, session not yet pinned (session.h).
class ControlConnection : public SqlConnection {
 public:
  explicit ControlConnection(const Endpoint& endpoint);
  ~ControlConnection() override;

  SqlResult Query(const std::string& sql) override;
  std::uint64_t id() const override { return id_; }

 private:
  std::unique_ptr<::sql::Connection> connection_;
  std::uint64_t id_ = 0;
};

}  // namespace transload::mysql

#endif  // TRANSLOAD_EXTRACT_MYSQL_CONTROL_CONNECTION_H_
