#include "tests/faults/live_run.h"

#include <libpq-fe.h>
#include <sys/wait.h>

#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace transload {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Clock = std::chrono::steady_clock;

constexpr seconds kPatience{60};
constexpr seconds kLongestRun{120};
constexpr milliseconds kLook{20};

}  // namespace

bool Patiently(const std::function<bool()>& condition) {
  const Clock::time_point end = Clock::now() + kPatience;
  while (!condition()) {
    if (Clock::now() > end) return false;
    std::this_thread::sleep_for(kLook);
  }
  return true;
}

LiveRun::LiveRun(const std::vector<std::string>& arguments,
                 const std::map<std::string, std::string>& environment) {
  rig::Command command;
  command.argv = {TRANSLOAD_BINARY};
  command.argv.insert(command.argv.end(), arguments.begin(), arguments.end());
  command.environment = environment;
  command.environment.insert({"HOME", dir_.path().string()});
  command.as_server_account = false;
  command.output_file = output_;
  process_ = rig::Process::Start(command);
}

bool LiveRun::WaitUntil(const std::function<bool()>& condition) {
  bool held = false;
  Patiently([&] {
    held = condition();
    return held || !process_.Running();
  });
  return held;
}

std::string LiveRun::Output() const {
  std::ifstream file(output_, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

bool LiveRun::Said(const std::string& text) const {
  return Output().find(text) != std::string::npos;
}

TransloadRun LiveRun::Finish() {
  TransloadRun run;
  if (!process_.WaitFor(kLongestRun)) {
    process_.Signal(SIGKILL);
    process_.WaitFor(kPatience);
    run.err = "it did not end by itself\n";
  }
  const int status = process_.status();
  run.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  run.err += Output();
  return run;
}

struct OpenSession::State {
  PGconn* connection = nullptr;
};

OpenSession::OpenSession(const std::string& conninfo) : state_(std::make_unique<State>()) {
  state_->connection = PQconnectdb(conninfo.c_str());
  if (PQstatus(state_->connection) != CONNECTION_OK) {
    const std::string why = PQerrorMessage(state_->connection);
    PQfinish(state_->connection);
    throw std::runtime_error(why);
  }
}

OpenSession::~OpenSession() { PQfinish(state_->connection); }

void OpenSession::Exec(const std::string& sql) {
  PGresult* result = PQexec(state_->connection, sql.c_str());
  const ExecStatusType status = PQresultStatus(result);
  PQclear(result);
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
    throw std::runtime_error(PQerrorMessage(state_->connection));
  }
}

}  // namespace transload
