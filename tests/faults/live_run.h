// A run that goes on while the test does something to its servers, and what a test needs for that.
#ifndef TRANSLOAD_TESTS_FAULTS_LIVE_RUN_H_
#define TRANSLOAD_TESTS_FAULTS_LIVE_RUN_H_

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/conformance/transload_run.h"
#include "tests/rig/process.h"
#include "tests/rig/temporary_dir.h"

namespace transload {

// Asks again and again, for as long as a slow machine may need. False when it never came true.
bool Patiently(const std::function<bool()>& condition);

class LiveRun {
 public:
  explicit LiveRun(const std::vector<std::string>& arguments,
                   const std::map<std::string, std::string>& environment = {});

  rig::Process& process() { return process_; }
  // Until the condition holds; false when the run ends before.
  bool WaitUntil(const std::function<bool()>& condition);
  // Whether stdout or stderr hold the text by now.
  bool Said(const std::string& text) const;
  // What both hold so far.
  std::string Output() const;
  // Waits for its end; the run is killed when that does not come. stdout and stderr are one text.
  TransloadRun Finish();

 private:
  rig::TemporaryDir dir_;
  std::string output_ = dir_ / "output";
  rig::Process process_;
};

// A session in a PostgreSQL server that stays open between statements.
class OpenSession {
 public:
  explicit OpenSession(const std::string& conninfo);
  ~OpenSession();
  OpenSession(const OpenSession&) = delete;
  OpenSession& operator=(const OpenSession&) = delete;
  void Exec(const std::string& sql);  // throws std::runtime_error

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace transload

#endif  // TRANSLOAD_TESTS_FAULTS_LIVE_RUN_H_
