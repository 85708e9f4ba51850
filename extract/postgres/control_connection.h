// A connection for questions with small answers. Not libpqxx, whose calls block without a deadline.
#ifndef TRANSLOAD_EXTRACT_POSTGRES_CONTROL_CONNECTION_H_
#define TRANSLOAD_EXTRACT_POSTGRES_CONTROL_CONNECTION_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/query_answer.h"
#include "extract/postgres/endpoint.h"

namespace transload::postgres {

// Text; NULL reads as "" and 0.
struct SqlRows {
  std::vector<std::vector<std::optional<std::string>>> rows;

  std::size_t size() const { return rows.size(); }
  bool empty() const { return rows.empty(); }
  bool Null(std::size_t row, std::size_t column) const { return !rows.at(row).at(column); }
  const std::string& Text(std::size_t row, std::size_t column) const;
  std::int64_t Int(std::size_t row, std::size_t column) const;
  std::uint64_t Count(std::size_t row, std::size_t column) const;
  bool Bool(std::size_t row, std::size_t column) const { return Text(row, column) == "t"; }
};

// Logged in and pinned. Used by one thread at a time; never reconnects by itself.
class DataConnection;

class ControlConnection {
 public:
  explicit ControlConnection(const Endpoint& endpoint);
  ~ControlConnection();
  ControlConnection(const ControlConnection&) = delete;
  ControlConnection& operator=(const ControlConnection&) = delete;

  // One statement as it stands; BEGIN and COMMIT too.
  SqlRows Query(const std::string& sql);
  // A query of the user: DataConnection::Ask.
  QueryAnswer Ask(const std::string& sql);
  std::int32_t backend_pid() const;
  int version_num() const { return version_num_; }  // 150020

 private:
  std::unique_ptr<DataConnection> connection_;
  int version_num_ = 0;
};

// Throws a refused error for a connection that a pooler hands to another server process between
// transactions: neither a snapshot nor a setting would hold there. `other` is a second one to the
// same server.
void RefuseTransactionPooling(const Endpoint& endpoint, ControlConnection& connection,
                              ControlConnection& other);

}  // namespace transload::postgres

#endif  // TRANSLOAD_EXTRACT_POSTGRES_CONTROL_CONNECTION_H_
