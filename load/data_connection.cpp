#include "load/data_connection.h"

#include <fmt/format.h>
#include <libpq-fe.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <map>
#include <mutex>

#include "core/brief_wait.h"
#include "core/error.h"
#include "core/fault_point.h"
#include "load/backend_watch.h"
#include "load/conninfo.h"
#include "load/pq_deleters.h"
#include "load/target_error.h"

namespace transload {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kSliceBytes = std::size_t{1} << 20;

using Result = std::unique_ptr<PGresult, FreeResult>;
struct FreeCancel {
  void operator()(PGcancel* cancel) const { PQfreeCancel(cancel); }
};
struct FreeMessage {
  void operator()(char* message) const { PQfreemem(message); }
};

Error ErrorOf(PGconn* connection, const PGresult* result) {
  const char* state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  const char* primary = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
  std::string message = primary ? primary : PQresultErrorMessage(result);
  for (const char field : {PG_DIAG_MESSAGE_DETAIL, PG_DIAG_CONTEXT}) {
    if (const char* more = PQresultErrorField(result, field)) message += fmt::format("; {}", more);
  }
  if (!state && PQstatus(connection) != CONNECTION_OK) return TargetLost(message);
  Error error = TargetError(state ? state : "", message);
  if (const char* column = PQresultErrorField(result, PG_DIAG_COLUMN_NAME)) error.column = column;
  if (PQstatus(connection) != CONNECTION_OK) error.connection_lost = error.retryable = true;
  return error;
}

SqlRows Converted(const PGresult* result) {
  SqlRows out;
  const char* affected = PQcmdTuples(const_cast<PGresult*>(result));
  if (*affected) out.affected = std::stoull(affected);
  const int rows = PQntuples(result), columns = PQnfields(result);
  for (int row = 0; row < rows; ++row) {
    std::vector<SqlValue> values;
    for (int column = 0; column < columns; ++column) {
      if (PQgetisnull(result, row, column)) {
        values.emplace_back();
      } else {
        values.emplace_back(
            std::string(PQgetvalue(result, row, column),
                        static_cast<std::size_t>(PQgetlength(result, row, column))));
      }
    }
    out.rows.push_back(std::move(values));
  }
  return out;
}

std::vector<const char*> Pointers(const std::vector<SqlValue>& parameters) {
  std::vector<const char*> pointers;
  for (const SqlValue& value : parameters) pointers.push_back(value ? value->c_str() : nullptr);
  return pointers;
}

}  // namespace

struct DataConnection::State {
  std::mutex cancelling;  // keeps the socket from being closed under Cancel()
  std::unique_ptr<PGconn, FreeConnection> connection;
  std::unique_ptr<PGcancel, FreeCancel> cancel;
  std::atomic<bool> cancelled = false;
  Options options;
  std::chrono::milliseconds stall{};
  std::int32_t backend_pid = 0;
  std::string backend_start;
  std::unique_ptr<char, FreeMessage> message;
  std::map<std::string, std::string> often;  // SQL that was run, and its name once it is prepared
  int prepared = 0;
  std::uint64_t copied_rows = 0;
  // Nothing has been read since COPY IN began: the next byte starts a message.
  bool at_message_start = false;

  PGconn* pg() const { return connection.get(); }

  [[noreturn]] void ThrowLost() const {
    if (cancelled) {
      Error error = TargetLost("the statement was cancelled");
      error.interrupted = true;
      throw error;
    }
    throw TargetLost(PQerrorMessage(pg()));
  }

  // Waits for any of `events`; what came, or nothing when `limit` passed.
  short Wait(short events, std::chrono::milliseconds limit) const {
    const Clock::time_point end = Clock::now() + limit;
    for (;;) {
      if (cancelled) ThrowLost();
      pollfd poller{PQsocket(pg()), events, 0};
      if (poller.fd < 0) ThrowLost();
      auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now());
      if (left.count() <= 0) return 0;
      int ready = ::poll(&poller, 1, static_cast<int>(std::min<std::int64_t>(left.count(), 1000)));
      if (ready < 0 && errno != EINTR) ThrowLost();
      if (ready > 0) return poller.revents;
    }
  }

  // The server has something to say while rows are sent. An error ends the COPY at once, instead of
  // after gigabytes that it would throw away. Behind TLS the first byte cannot be seen; there the
  // error comes out at the end.
  void HearWhileSending() {
    char kind = 0;
    bool error = at_message_start && !PQgetssl(pg()) &&
                 ::recv(PQsocket(pg()), &kind, 1, MSG_PEEK | MSG_DONTWAIT) == 1 && kind == 'E';
    at_message_start = false;
    if (!PQconsumeInput(pg())) ThrowLost();
    if (!error) return;
    PQputCopyEnd(pg(), "the server reported an error");
    Finish();
    throw TargetLost("the server ended the COPY");  // it said so, and then did not
  }

  void Flush() {
    for (;;) {
      int rest = PQflush(pg());
      if (rest < 0) ThrowLost();
      if (rest == 0) return;
      short ready = Wait(POLLIN | POLLOUT, stall);
      if (ready == 0) {
        throw TargetLost(
            fmt::format("no byte moved towards the server for {} s", stall.count() / 1000));
      }
      if (ready & (POLLERR | POLLNVAL)) ThrowLost();
      if (ready & (POLLIN | POLLHUP)) HearWhileSending();
    }
  }

  Result GetResult() {
    while (PQisBusy(pg())) {
      // A server may work without a word: triggers and deferred constraints at the end of a COPY, a
      // wait for a lock, a scan before the first row. So it is asked whether it does.
      if (Wait(POLLIN, stall) == 0 && !BackendIsAtWork(options, backend_pid, backend_start)) {
        throw TargetLost(fmt::format("no answer from the server for {} s", stall.count() / 1000));
      }
      if (!PQconsumeInput(pg())) ThrowLost();
    }
    return Result(PQgetResult(pg()));
  }

  // Reads all results of a statement; throws the first failure. Stops at the start of a COPY.
  Result Finish() {
    Flush();
    Result last;
    std::unique_ptr<Error> failure;
    while (Result result = GetResult()) {
      ExecStatusType status = PQresultStatus(result.get());
      if (status == PGRES_COPY_IN || status == PGRES_COPY_OUT) return result;
      if (status == PGRES_FATAL_ERROR || status == PGRES_BAD_RESPONSE) {
        if (!failure) failure = std::make_unique<Error>(ErrorOf(pg(), result.get()));
        if (PQstatus(pg()) != CONNECTION_OK) break;
      }
      last = std::move(result);
    }
    if (failure) {
      if (cancelled) failure->interrupted = failure->connection_lost = true;
      throw *failure;
    }
    if (!last) ThrowLost();
    return last;
  }

  Result Run(const std::string& sql, const std::vector<SqlValue>& parameters) {
    if (cancelled || PQstatus(pg()) != CONNECTION_OK) ThrowLost();
    int sent = 0;
    if (parameters.empty()) {
      sent = PQsendQuery(pg(), sql.c_str());
    } else {
      const std::vector<const char*> values = Pointers(parameters);
      sent = PQsendQueryParams(pg(), sql.c_str(), static_cast<int>(values.size()), nullptr,
                               values.data(), nullptr, nullptr, 0);
    }
    if (!sent) ThrowLost();
    return Finish();
  }

  Result RunAsked(const std::string& sql) {
    if (cancelled || PQstatus(pg()) != CONNECTION_OK) ThrowLost();
    if (!PQsendPrepare(pg(), "", sql.c_str(), 0, nullptr)) ThrowLost();
    Finish();
    if (!PQsendDescribePrepared(pg(), "")) ThrowLost();
    if (PQnfields(Finish().get()) == 0) throw Error("not a query: it returns no rows");
    if (!PQsendQueryPrepared(pg(), "", 0, nullptr, nullptr, nullptr, 0)) ThrowLost();
    return Finish();
  }

  Result RunOften(const std::string& sql, const std::vector<SqlValue>& parameters) {
    const auto [found, first] = often.try_emplace(sql);
    if (first) return Run(sql, parameters);
    if (cancelled || PQstatus(pg()) != CONNECTION_OK) ThrowLost();
    const std::vector<const char*> values = Pointers(parameters);
    const int count = static_cast<int>(values.size());
    if (found->second.empty()) {
      const std::string name = fmt::format("often_{}", ++prepared);
      if (!PQsendPrepare(pg(), name.c_str(), sql.c_str(), count, nullptr)) ThrowLost();
      Finish();
      found->second = name;
    }
    if (!PQsendQueryPrepared(pg(), found->second.c_str(), count, values.data(), nullptr, nullptr,
                             0)) {
      ThrowLost();
    }
    return Finish();
  }
};

DataConnection::DataConnection(const Options& options, const std::string& application_name)
    : state_(std::make_unique<State>()) {
  Conninfo conninfo(options.target_url, options.connect_timeout_ms, options.stall_timeout_ms);
  state_->options = options;
  state_->stall = std::chrono::milliseconds(options.stall_timeout_ms);
  state_->connection.reset(PQconnectdb(conninfo.ConnectionString().c_str()));
  if (PQstatus(state_->pg()) != CONNECTION_OK) {
    throw TargetLost(fmt::format("cannot connect to {}: {}", conninfo.display_url(),
                                 TargetLost(PQerrorMessage(state_->pg())).what()));
  }
  // Notices have nothing to tell here, and libpq would print them.
  PQsetNoticeReceiver(
      state_->pg(), [](void*, const PGresult*) {}, nullptr);
  PQsetnonblocking(state_->pg(), 1);
  state_->cancel.reset(PQgetCancel(state_->pg()));
  auto settings = CommonSettings(options.lock_timeout_ms);
  settings.emplace_back("application_name", application_name);
  // Partitions and their ledger rows share the WAL, so a crash takes both or neither. The end of a
  // run is a synchronous commit, which makes all before it durable.
  settings.emplace_back("synchronous_commit", "off");
  const SqlRows self = Exec(SessionStartSql(settings));
  state_->backend_pid = static_cast<std::int32_t>(self.Int(0, 1));
  state_->backend_start = self.Text(0, 2);
}

DataConnection::~DataConnection() {
  std::lock_guard guard(state_->cancelling);
  state_->message.reset();
  // A statement under way ends with its socket. Otherwise libpq says goodbye, which does not block
  // here, and the server's log has no client that went away unexpectedly.
  const bool at_work = PQtransactionStatus(state_->pg()) == PQTRANS_ACTIVE;
  if (at_work && PQsocket(state_->pg()) >= 0) ::shutdown(PQsocket(state_->pg()), SHUT_RDWR);
  state_->connection.reset();
}

SqlRows DataConnection::Exec(const std::string& sql, const std::vector<SqlValue>& parameters) {
  Result result = state_->Run(sql, parameters);
  return Converted(result.get());
}

QueryAnswer DataConnection::Ask(const std::string& sql) {
  const Result result = state_->RunAsked(sql);
  QueryAnswer answer{Converted(result.get()).rows, {}};
  for (int i = 0; i < PQnfields(result.get()); ++i) {
    answer.is_text.push_back(IsPostgresText(PQftype(result.get(), i)));
  }
  return answer;
}

SqlRows DataConnection::ExecOften(const std::string& sql, const std::vector<SqlValue>& parameters) {
  return Converted(state_->RunOften(sql, parameters).get());
}

void DataConnection::Commit() {
  Result result;
  try {
    if (state_->cancelled || !PQsendQuery(state_->pg(), "commit")) state_->ThrowLost();
    state_->Flush();
    FaultAt(FaultPoint::kCommitSent, socket());
    result = state_->Finish();
  } catch (Error& error) {
    if (error.connection_lost) error.commit_in_doubt = true;
    throw;
  }
  if (std::string_view(PQcmdStatus(result.get())) != "COMMIT") {
    throw TargetError("25P02", "the transaction had failed and was rolled back");
  }
}

void DataConnection::RollBack() {
  if (!usable()) return;
  PGTransactionStatusType status = PQtransactionStatus(state_->pg());
  if (status == PQTRANS_IDLE) return;
  if (status == PQTRANS_ACTIVE) {
    // In the middle of a COPY, in whichever direction.
    if (PQputCopyEnd(state_->pg(), "given up") != 1) {
      std::shared_ptr<PGcancel> cancel(PQgetCancel(state_->pg()), FreeCancel());
      BrieflyWaitFor([cancel] {
        char problem[256];
        PQcancel(cancel.get(), problem, sizeof problem);
      });
    }
    state_->Flush();
    char* message = nullptr;
    for (;;) {
      int got = PQgetCopyData(state_->pg(), &message, 1);
      PQfreemem(message);
      message = nullptr;
      if (got < 0) break;
      if (got == 0) {
        if (state_->Wait(POLLIN, state_->stall) == 0) state_->ThrowLost();
        if (!PQconsumeInput(state_->pg())) state_->ThrowLost();
      }
    }
    while (state_->GetResult()) {
    }
  }
  Exec("rollback");
}

void DataConnection::StartCopyIn(const std::string& sql) {
  Result result = state_->Run(sql, {});
  if (PQresultStatus(result.get()) != PGRES_COPY_IN) {
    throw BugError("not a COPY FROM STDIN: " + sql);
  }
  state_->at_message_start = true;
}

void DataConnection::Put(const char* bytes, std::size_t size) {
  while (size > 0) {
    const std::size_t slice = std::min(size, kSliceBytes);
    if (PQputCopyData(state_->pg(), bytes, static_cast<int>(slice)) != 1) state_->ThrowLost();
    state_->Flush();
    bytes += slice;
    size -= slice;
  }
  // Every block is a chance to hear that the COPY has failed.
  pollfd poller{PQsocket(state_->pg()), POLLIN, 0};
  if (::poll(&poller, 1, 0) > 0) state_->HearWhileSending();
}

std::uint64_t DataConnection::EndCopyIn() {
  if (PQputCopyEnd(state_->pg(), nullptr) != 1) state_->ThrowLost();
  Result result = state_->Finish();
  state_->copied_rows = Converted(result.get()).affected;
  return state_->copied_rows;
}

void DataConnection::StartCopyOut(const std::string& sql) {
  Result result = state_->Run(sql, {});
  if (PQresultStatus(result.get()) != PGRES_COPY_OUT) {
    throw BugError("not a COPY TO STDOUT: " + sql);
  }
}

bool DataConnection::Next(std::string_view& message) {
  for (;;) {
    char* bytes = nullptr;
    state_->message.reset();  // of a huge row not two at once
    int size = PQgetCopyData(state_->pg(), &bytes, 1);
    state_->message.reset(bytes);
    if (size > 0) {
      message = {bytes, static_cast<std::size_t>(size)};
      return true;
    }
    if (size < 0) break;
    if (state_->Wait(POLLIN, state_->stall) == 0) {
      throw TargetLost(
          fmt::format("no byte came from the server for {} s", state_->stall.count() / 1000));
    }
    if (!PQconsumeInput(state_->pg())) state_->ThrowLost();
  }
  Result result = state_->Finish();  // throws when the end is an error
  state_->copied_rows = Converted(result.get()).affected;
  return false;
}

std::uint64_t DataConnection::copied_rows() const { return state_->copied_rows; }

void DataConnection::Cancel() noexcept {
  std::lock_guard guard(state_->cancelling);
  if (state_->cancelled.exchange(true)) return;
  if (state_->cancel) {
    BrieflyWaitFor([cancel = std::shared_ptr<PGcancel>(std::move(state_->cancel))] {
      char problem[256];
      PQcancel(cancel.get(), problem, sizeof problem);
    });
  }
  if (state_->connection && PQsocket(state_->pg()) >= 0) {
    ::shutdown(PQsocket(state_->pg()), SHUT_RDWR);
  }
}

bool DataConnection::usable() const {
  return !state_->cancelled && PQstatus(state_->pg()) == CONNECTION_OK;
}
std::int32_t DataConnection::backend_pid() const { return state_->backend_pid; }
const std::string& DataConnection::backend_start() const { return state_->backend_start; }
int DataConnection::socket() const { return PQsocket(state_->pg()); }

}  // namespace transload
