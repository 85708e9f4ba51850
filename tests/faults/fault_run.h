// One case of the fault sweep: a run that is hit at a point, the same command again, and whether
// the target ends as if nothing had happened.
#ifndef TRANSLOAD_TESTS_FAULTS_FAULT_RUN_H_
#define TRANSLOAD_TESTS_FAULTS_FAULT_RUN_H_

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tests/conformance/transload_run.h"
#include "tests/faults/fault_source.h"
#include "tests/faults/target_state.h"
#include "tests/rig/postgres_server.h"

namespace transload {

struct FaultSpec {
  std::string point;
  long occurrence = 1;
  std::string kind;  // "kill", "term", "throw", "error", "cut"
  // The run is killed in the middle of the data and its source changes before the fault.
  bool after_change = false;

  std::string Text() const;
};

class FaultBench {
 public:
  explicit FaultBench(FaultSource& source);

  // How often an undisturbed run passes each point; with `after_change`, a resumed one whose source
  // has changed.
  const std::map<std::string, long>& Passed(bool after_change);
  // What is wrong, or an empty text. Nothing when the run never came to the point.
  std::optional<std::string> Try(const FaultSpec& spec);
  // Kills a run over and over, each time at a later point, until it is through.
  std::string KillAgainAndAgain(const std::vector<long>& points);

  int runs_hit() const { return hit_; }

 private:
  TransloadRun Run(const std::string& database, const std::string& fault);
  std::string Prepare(bool after_change);
  const TargetState& Expected(bool changed);
  std::string EndRun(const std::string& database, bool changed);

  FaultSource& source_;
  rig::PostgresServer& target_;
  std::map<bool, TargetState> expected_;
  std::map<bool, std::map<std::string, long>> passed_;
  int hit_ = 0;
};

// TRANSLOAD_SEED, or one that changes from commit to commit.
unsigned FaultSeed();

}  // namespace transload

#endif  // TRANSLOAD_TESTS_FAULTS_FAULT_RUN_H_
