// The one exception type of transload, and the process exit codes it may lead to.
//
// An Error ends a unit of work: a statement, a partition, a run. Bad cells are values (CellFault),
// not errors. It is caught in three places only: where a partition is retried, where a lane ends,
// and in main. Its answers are what those places ask.
#ifndef TRANSLOAD_CORE_ERROR_H_
#define TRANSLOAD_CORE_ERROR_H_

#include <stdexcept>
#include <string>

namespace transload {

// Process exit codes: a public contract, documented in docs/exit-codes.md.
enum class ExitCode : int {
  kDone = 0,           // done and verified
  kBug = 1,            // a defect of transload
  kUsage = 2,          // usage or configuration error; nothing was touched
  kRefused = 3,        // no connection, preflight refused, nothing to do; nothing was touched
  kStopped = 4,        // stopped before the end; the same command resumes
  kRejectedRows = 5,   // done, and rows were rejected (all accounted for)
  kDifference = 6,     // verification found a difference
  kIncomplete = 7,     // data is in, but an object or a verification is missing
  kInterrupted = 130,  // Ctrl-C; resumable
  kTerminated = 143,   // SIGTERM; resumable
};

class Error : public std::runtime_error {
 public:
  explicit Error(const std::string& what) : std::runtime_error(what) {}

  // --- what happened. Messages say what, where and what to do, and never hold a secret.
  ExitCode exit_code = ExitCode::kStopped;
  std::string engine;  // "MariaDB", "PostgreSQL", ... or empty
  std::string code;    // SQLSTATE, or the vendor's error number
  std::string table;   // as the source names it
  std::string column;
  std::string partition;

  // --- what may be done about it
  bool retryable = false;        // the same partition may succeed on a new try
  bool connection_lost = false;  // the connection must not be used again
  bool commit_in_doubt = false;  // COMMIT was sent and not answered: read the ledger first
  bool snapshot_lost = false;    // the reader's view of the source is gone
  bool lock_lost = false;        // the run's lock is gone: somebody else may be at work
  bool interrupted = false;      // the user asked for it
};

inline Error UsageError(const std::string& what) {
  Error error(what);
  error.exit_code = ExitCode::kUsage;
  return error;
}
inline Error RefusedError(const std::string& what) {
  Error error(what);
  error.exit_code = ExitCode::kRefused;
  return error;
}
inline Error BugError(const std::string& what) {
  Error error(what);
  error.exit_code = ExitCode::kBug;
  return error;
}

}  // namespace transload

#endif  // TRANSLOAD_CORE_ERROR_H_
