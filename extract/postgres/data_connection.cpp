#include "extract/postgres/data_connection.h"

#include <fmt/format.h>
#include <libpq-fe.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <mutex>
#include <optional>

#include "core/brief_wait.h"
#include "core/error.h"
#include "extract/postgres/failure.h"

namespace transload::postgres {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

// Delivering the request to cancel.
constexpr milliseconds kCancelRequest{300};
// The end of a statement that was cancelled.
constexpr milliseconds kCancelPatience{30'000};

struct FreeResult {
  void operator()(PGresult* result) const { PQclear(result); }
};
using Result = std::unique_ptr<PGresult, FreeResult>;
// Over a connection of its own. False when nobody answers there within the connect timeout.
bool IsAtWork(Endpoint endpoint, std::int32_t backend_pid) {
  endpoint.stall_timeout_ms = endpoint.connect_timeout_ms;
  try {
    DataConnection witness(endpoint, Silence::kIsALoss);
    return !witness
                .Exec(fmt::format("select 1 from pg_catalog.pg_stat_activity where pid = {} and "
                                  "state = 'active'",
                                  backend_pid))
                .empty();
  } catch (const Error& error) {
    // A server that says no is a server that lives.
    return std::string_view(error.what()).find("FATAL") != std::string_view::npos;
  }
}

struct FreeConnection {
  void operator()(PGconn* connection) const { PQfinish(connection); }
};
struct FreeCancel {
  void operator()(PGcancel* cancel) const { PQfreeCancel(cancel); }
};
struct FreeMessage {
  void operator()(char* message) const { PQfreemem(message); }
};

SqlRows Converted(const PGresult* result) {
  SqlRows out;
  const int rows = PQntuples(result), columns = PQnfields(result);
  for (int row = 0; row < rows; ++row) {
    std::vector<std::optional<std::string>> values;
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

}  // namespace

struct DataConnection::State {
  std::unique_ptr<PGconn, FreeConnection> connection;
  std::shared_ptr<PGcancel> cancel;
  // To ask after a statement that is silent for long; none where silence is answer enough.
  std::optional<Endpoint> ask_at;
  std::int32_t backend_pid = 0;
  std::unique_ptr<char, FreeMessage> message;
  milliseconds stall{300'000};
  std::uint64_t copied_rows = 0;
  std::mutex cancelling;  // keeps the connection from going away under Cancel()
  std::atomic<int> cancels{0};

  PGconn* pg() const { return connection.get(); }
  [[noreturn]] void ThrowLost() const { throw ConnectionLost(PQerrorMessage(pg())); }

  Error ErrorOf(const PGresult* result) const {
    const char* state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char* primary = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    std::string text = primary != nullptr ? primary : PQresultErrorMessage(result);
    if (const char* detail = PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL)) {
      text += fmt::format("; {}", detail);
    }
    if (state == nullptr && PQstatus(pg()) != CONNECTION_OK) return ConnectionLost(text);
    Error error = StatementError(state == nullptr ? "" : state, text);
    if (PQstatus(pg()) != CONNECTION_OK) error.connection_lost = error.retryable = true;
    return error;
  }

  // False when nothing came.
  bool CameIn(short events, milliseconds longest) const {
    const auto until = Clock::now() + longest;
    for (;;) {
      pollfd poller{PQsocket(pg()), events, 0};
      const auto left = std::chrono::duration_cast<milliseconds>(until - Clock::now());
      const auto step = std::min<milliseconds>(left, std::chrono::minutes(1));
      if (left.count() <= 0) return false;
      const int ready = ::poll(&poller, 1, static_cast<int>(step.count()));
      if (ready > 0) return true;
      if (ready < 0 && errno != EINTR) ThrowLost();
    }
  }

  void Wait(short events, milliseconds longest) const {
    if (CameIn(events, longest)) return;
    throw ConnectionLost(
        fmt::format("no byte came from the server for {} s", longest.count() / 1000));
  }

  // A server may work for hours without a word: a count, a wait for a lock, a scan before the first
  // row. So it is asked whether it does.
  void WaitPatiently() const {
    while (!CameIn(POLLIN, stall)) {
      if (!ask_at || !IsAtWork(*ask_at, backend_pid)) {
        throw ConnectionLost(
            fmt::format("no answer from the server for {} s", stall.count() / 1000));
      }
    }
  }

  void RequestCancel() const {
    BrieflyWaitFor([cancel = cancel] {
      char problem[256];
      PQcancel(cancel.get(), problem, sizeof problem);
    });
  }

  void Flush() const {
    for (;;) {
      const int left = PQflush(pg());
      if (left == 0) return;
      if (left < 0) ThrowLost();
      Wait(POLLIN | POLLOUT, stall);
      if (PQconsumeInput(pg()) == 0) ThrowLost();
    }
  }

  Result GetResult(std::optional<milliseconds> longest = std::nullopt) const {
    while (PQisBusy(pg()) != 0) {
      longest ? Wait(POLLIN, *longest) : WaitPatiently();
      if (PQconsumeInput(pg()) == 0) ThrowLost();
    }
    return Result(PQgetResult(pg()));
  }

  // The last result of a statement whose results have all been fetched. Throws a failed one.
  Result Finish(Result result) const {
    std::optional<Error> failure;
    Result last;
    for (; result; result = GetResult()) {
      const ExecStatusType status = PQresultStatus(result.get());
      if (status == PGRES_FATAL_ERROR && !failure) failure = ErrorOf(result.get());
      last = std::move(result);
      if (status == PGRES_COPY_OUT) break;
      if (PQstatus(pg()) != CONNECTION_OK) break;
    }
    if (failure) throw *failure;
    if (!last) ThrowLost();
    return last;
  }

  Result Answer(int sent) const {
    if (sent != 1) ThrowLost();
    Flush();
    return Finish(GetResult());
  }

  Result RunAsked(const std::string& sql) const {
    Answer(PQsendPrepare(pg(), "", sql.c_str(), 0, nullptr));
    if (PQnfields(Answer(PQsendDescribePrepared(pg(), "")).get()) == 0) {
      throw Error("not a query: it returns no rows");
    }
    return Answer(PQsendQueryPrepared(pg(), "", 0, nullptr, nullptr, nullptr, 0));
  }

  Result Run(const std::string& sql) const { return Answer(PQsendQuery(pg(), sql.c_str())); }
};

DataConnection::DataConnection(const Endpoint& endpoint, Silence silence)
    : state_(std::make_unique<State>()) {
  if (silence == Silence::kIsAskedAbout) state_->ask_at = endpoint;
  state_->stall = milliseconds(endpoint.stall_timeout_ms);
  state_->connection.reset(PQconnectdb(endpoint.ConnectionString().c_str()));
  if (PQstatus(state_->pg()) != CONNECTION_OK) {
    throw ConnectionLost(fmt::format("cannot connect to {}: {}", endpoint.display_url(),
                                     PQerrorMessage(state_->pg())));
  }
  state_->cancel.reset(PQgetCancel(state_->pg()), FreeCancel());
  state_->backend_pid = PQbackendPID(state_->pg());
  if (PQsetnonblocking(state_->pg(), 1) != 0) state_->ThrowLost();
  Exec(PinSql(endpoint));
}

DataConnection::~DataConnection() {
  std::lock_guard guard(state_->cancelling);
  state_->connection.reset();
}

SqlRows DataConnection::Exec(const std::string& sql) { return Converted(state_->Run(sql).get()); }

QueryAnswer DataConnection::Ask(const std::string& sql) {
  const Result result = state_->RunAsked(sql);
  QueryAnswer answer{Converted(result.get()).rows, {}};
  for (int i = 0; i < PQnfields(result.get()); ++i) {
    answer.is_text.push_back(IsPostgresText(PQftype(result.get(), i)));
  }
  return answer;
}

void DataConnection::StartCopy(const std::string& sql) {
  const Result result = state_->Run(sql);
  if (PQresultStatus(result.get()) != PGRES_COPY_OUT) {
    throw BugError("not a COPY TO STDOUT: " + sql);
  }
}

bool DataConnection::Next(std::string_view& message) {
  // Mostly the next rows have come already: waiting for them first would ask the kernel twice.
  for (bool wait = false;; wait = true) {
    char* bytes = nullptr;
    state_->message.reset();  // of a huge row not two at once
    const int size = PQgetCopyData(state_->pg(), &bytes, 1);
    state_->message.reset(bytes);
    if (size > 0) {
      message = {bytes, static_cast<std::size_t>(size)};
      return true;
    }
    if (size < 0) break;
    if (wait) state_->Wait(POLLIN, state_->stall);
    if (PQconsumeInput(state_->pg()) == 0) state_->ThrowLost();
  }
  const Result end = state_->Finish(state_->GetResult());  // throws when the end is an error
  const std::string rows = PQcmdTuples(end.get());
  if (PQresultStatus(end.get()) != PGRES_COMMAND_OK || rows.empty()) {
    throw ConnectionLost("the COPY ended without the server's word for it");
  }
  state_->copied_rows = std::stoull(rows);
  return false;
}

void DataConnection::DropMessage() { state_->message.reset(); }

std::uint64_t DataConnection::copied_rows() const { return state_->copied_rows; }

void DataConnection::RollBack() {
  if (!usable()) throw ConnectionLost("the connection is closed");
  if (PQtransactionStatus(state_->pg()) == PQTRANS_ACTIVE) {
    const milliseconds patience = std::min(kCancelPatience, state_->stall);
    state_->RequestCancel();
    char* bytes = nullptr;
    for (int size = 0; (size = PQgetCopyData(state_->pg(), &bytes, 1)) >= 0;) {
      PQfreemem(bytes);
      bytes = nullptr;
      if (size > 0) continue;
      state_->Wait(POLLIN, patience);
      if (PQconsumeInput(state_->pg()) == 0) state_->ThrowLost();
    }
    while (state_->GetResult(patience)) {
    }
  }
  if (PQtransactionStatus(state_->pg()) != PQTRANS_IDLE) Exec("rollback");
  state_->cancels = 0;
}

void DataConnection::Cancel() noexcept {
  std::lock_guard guard(state_->cancelling);
  if (!state_->connection) return;
  const bool again = ++state_->cancels > 1;
  auto asked = std::make_shared<std::atomic<bool>>(false);
  if (!again && state_->cancel) {
    BrieflyWaitFor(
        [cancel = state_->cancel, asked] {
          char why[256];
          *asked = PQcancel(cancel.get(), why, sizeof why) == 1;
        },
        kCancelRequest);
  }
  if ((again || !*asked) && PQsocket(state_->pg()) >= 0) {
    ::shutdown(PQsocket(state_->pg()), SHUT_RDWR);
  }
}

std::int32_t DataConnection::backend_pid() const { return state_->backend_pid; }

bool DataConnection::usable() const {
  return state_->connection && PQstatus(state_->pg()) == CONNECTION_OK;
}

}  // namespace transload::postgres
