// A connection for table data: libpq, non-blocking underneath, so that every wait has an end and
// can be interrupted. Used by one thread at a time, except for Cancel().
#ifndef TRANSLOAD_EXTRACT_POSTGRES_DATA_CONNECTION_H_
#define TRANSLOAD_EXTRACT_POSTGRES_DATA_CONNECTION_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "extract/postgres/control_connection.h"
#include "extract/postgres/endpoint.h"

namespace transload::postgres {

// What it means when a statement has had no answer for the stall timeout.
enum class Silence {
  kIsAskedAbout,  // over a new connection: the server may be at work on it
  kIsALoss,
};

class DataConnection {
 public:
  explicit DataConnection(const Endpoint& endpoint,
                          Silence silence = Silence::kIsAskedAbout);  // pinned
  ~DataConnection();
  DataConnection(const DataConnection&) = delete;
  DataConnection& operator=(const DataConnection&) = delete;

  SqlRows Exec(const std::string& sql);
  // A query that somebody else wrote: one statement, and one that returns rows. Others are refused
  // before they run; a COMMIT or a COPY would take the transaction or the connection away.
  QueryAnswer Ask(const std::string& sql);

  // --- COPY ... TO STDOUT
  void StartCopy(const std::string& sql);
  // One CopyData message, valid until the next call; false when the server has confirmed the end.
  bool Next(std::string_view& message);
  // Gives the storage of the last message back before that.
  void DropMessage();
  std::uint64_t copied_rows() const;  // of the last COPY that ended, by its CommandComplete

  // Ends whatever is open and rolls back; the connection is idle afterwards, or an error says that
  // it is lost.
  void RollBack();
  // Cancels the running statement; called again, shuts the connection. Any thread.
  void Cancel() noexcept;
  bool usable() const;
  std::int32_t backend_pid() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace transload::postgres

#endif  // TRANSLOAD_EXTRACT_POSTGRES_DATA_CONNECTION_H_
