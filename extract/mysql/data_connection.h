// A connection through the C API: rows are streamed over it.
#ifndef TRANSLOAD_EXTRACT_MYSQL_DATA_CONNECTION_H_
#define TRANSLOAD_EXTRACT_MYSQL_DATA_CONNECTION_H_

#include <memory>
#include <mutex>
#include <string>

#include "extract/mysql/endpoint.h"
#include "extract/mysql/sql_connection.h"

struct st_mysql;

namespace transload::mysql {

// Logged in, encrypted as the endpoint demands, session not yet pinned (session.h).
class DataConnection : public SqlConnection {
 public:
  explicit DataConnection(const Endpoint& endpoint);
  ~DataConnection() override;
  DataConnection(const DataConnection&) = delete;
  DataConnection& operator=(const DataConnection&) = delete;

  SqlResult Query(const std::string& sql) override;
  std::uint64_t id() const override { return id_; }

  // The two halves of Query, so that one thread can have many servers' answers on their way.
  void Send(const std::string& sql);
  SqlResult Receive(const std::string& sql);
  // Waits for the answer to Send for as long as the server says that it is at work: asks once per
  // stall time-out over a connection of its own, so that a long COUNT is no stall, and a silent
  // network is one.
  SqlResult ReceivePatiently(const std::string& sql);

  // The error that the library holds now.
  [[noreturn]] void Throw(std::string_view doing) const;
  unsigned error_number() const;
  st_mysql* handle() { return handle_.get(); }

  // Makes whatever blocks on this connection fail. Any thread.
  void Shutdown() noexcept;

  const Endpoint& endpoint() const { return endpoint_; }
  bool encrypted() const;

 private:
  struct Closer {
    void operator()(st_mysql* handle) const;
  };

  Endpoint endpoint_;
  std::unique_ptr<st_mysql, Closer> handle_;
  std::uint64_t id_ = 0;
  std::mutex socket_mutex_;  // guards socket_ against a Shutdown during the close
  int socket_ = -1;
};

// KILL QUERY over a short connection of its own. Throws when that cannot be made.
void KillQuery(const Endpoint& endpoint, std::uint64_t connection_id);

}  // namespace transload::mysql

#endif  // TRANSLOAD_EXTRACT_MYSQL_DATA_CONNECTION_H_
