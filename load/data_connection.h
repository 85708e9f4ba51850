// A libpq connection for table data: non-blocking underneath, so that every wait has an end and can
// be interrupted. Used by one thread at a time, except for Cancel().
#ifndef TRANSLOAD_LOAD_DATA_CONNECTION_H_
#define TRANSLOAD_LOAD_DATA_CONNECTION_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/options.h"
#include "core/query_answer.h"
#include "load/session.h"

namespace transload {

class DataConnection {
 public:
  DataConnection(const Options& options, const std::string& application_name);
  ~DataConnection();  // closes the socket: an open COPY or transaction is rolled back
  DataConnection(const DataConnection&) = delete;
  DataConnection& operator=(const DataConnection&) = delete;

  SqlRows Exec(const std::string& sql, const std::vector<SqlValue>& parameters = {});
  // The same for what is run again and again: prepared when it comes a second time.
  SqlRows ExecOften(const std::string& sql, const std::vector<SqlValue>& parameters);
  // A query that somebody else wrote: one statement, and one that returns rows. Others are refused
  // before they run; a COMMIT or a COPY would take the transaction or the connection away.
  QueryAnswer Ask(const std::string& sql);
  // As Exec("COMMIT"), but a lost answer throws with commit_in_doubt.
  void Commit();
  // Leaves whatever is open, a COPY in either direction too, and rolls back.
  void RollBack();

  // --- COPY ... FROM STDIN
  void StartCopyIn(const std::string& sql);
  void Put(const char* bytes, std::size_t size);
  std::uint64_t EndCopyIn();  // rows, as the server counted

  // --- COPY ... TO STDOUT
  void StartCopyOut(const std::string& sql);
  // One CopyData message, valid until the next call; false when the server has confirmed the end.
  bool Next(std::string_view& message);
  std::uint64_t copied_rows() const;  // of the last COPY that ended

  void Cancel() noexcept;  // any thread; the connection is of no use afterwards
  bool usable() const;     // not lost, not cancelled

  std::int32_t backend_pid() const;
  const std::string& backend_start() const;
  int socket() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace transload

#endif  // TRANSLOAD_LOAD_DATA_CONNECTION_H_
