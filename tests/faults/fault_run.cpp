#include "tests/faults/fault_run.h"

#include <fmt/format.h>

#include <cstdlib>
#include <set>
#include <sstream>
#include <stdexcept>

#include "tests/rig/process.h"
#include "tests/rig/shared_servers.h"

namespace transload {
namespace {

constexpr int kRejected = 5;

// How a run may end that was hit: by the signal, by giving up, or because it got over it.
std::set<int> EndsAfter(const std::string& kind) {
  if (kind == "kill") return {kKilledExit};
  if (kind == "term") return {143, kRejected};  // too late to stop: it ends as it would have
  if (kind == "throw") return {1};
  return {kRejected};  // what a new try may get past ends no run
}

class DatabaseGuard {
 public:
  DatabaseGuard(rig::PostgresServer& server, std::string name)
      : server_(server), name_(std::move(name)) {}
  ~DatabaseGuard() { server_.Execute("drop database if exists " + name_ + " with (force)"); }
  DatabaseGuard(const DatabaseGuard&) = delete;
  DatabaseGuard& operator=(const DatabaseGuard&) = delete;

 private:
  rig::PostgresServer& server_;
  std::string name_;
};

// Puts the source back into its first state, whatever happens.
class ChangeGuard {
 public:
  ChangeGuard(FaultSource& source, bool wanted) : source_(source), wanted_(wanted) {}
  ~ChangeGuard() {
    if (changed_) source_.Revert();
  }
  ChangeGuard(const ChangeGuard&) = delete;
  ChangeGuard& operator=(const ChangeGuard&) = delete;
  void Change() {
    if (!wanted_ || changed_) return;
    source_.Change();
    changed_ = true;
  }

 private:
  FaultSource& source_;
  bool wanted_;
  bool changed_ = false;
};

std::map<std::string, long> CountPoints(const std::string& log) {
  constexpr std::string_view kMark = "fault point ";
  std::map<std::string, long> counts;
  std::istringstream lines(log);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(kMark)) ++counts[line.substr(kMark.size())];
  }
  return counts;
}

std::string Said(const TransloadRun& run) {
  return fmt::format("exit {}\n{}{}", run.exit_code, run.out, run.err);
}

}  // namespace

std::string FaultSpec::Text() const {
  return fmt::format("{}:{}:{}{}", point, occurrence, kind,
                     after_change ? " after the source changed" : "");
}

FaultBench::FaultBench(FaultSource& source) : source_(source), target_(rig::SharedPostgres()) {}

TransloadRun FaultBench::Run(const std::string& database, const std::string& fault) {
  std::map<std::string, std::string> environment;
  if (!fault.empty()) environment["TRANSLOAD_FAULT"] = fault;
  return RunTransload({"run", source_.Url(), target_.Url(database), "--partition-size", "32KiB",
                       "--on-bad-row", "reject", "-j", "2"},
                      environment);
}

// A database for a run, with a killed one in it when the source is to change meanwhile.
std::string FaultBench::Prepare(bool after_change) {
  std::string database = rig::FreshDatabase(target_);
  if (after_change) {
    TransloadRun killed = Run(database, "partition-committed:9:kill");
    if (killed.exit_code != kKilledExit) throw std::runtime_error("not killed: " + Said(killed));
  }
  return database;
}

const TargetState& FaultBench::Expected(bool changed) {
  if (auto found = expected_.find(changed); found != expected_.end()) return found->second;
  const std::string database = rig::FreshDatabase(target_);
  ChangeGuard change(source_, changed);
  change.Change();
  TransloadRun run = Run(database, "any:0:trace");
  if (run.exit_code != kRejected) {
    throw std::runtime_error("the undisturbed run failed: " + Said(run));
  }
  if (!changed) passed_[false] = CountPoints(run.err);
  return expected_[changed] = ReadTargetState(target_, database);
}

const std::map<std::string, long>& FaultBench::Passed(bool after_change) {
  Expected(after_change);
  if (after_change && !passed_.contains(true)) {
    const std::string database = Prepare(true);
    DatabaseGuard guard(target_, database);
    ChangeGuard change(source_, true);
    change.Change();
    TransloadRun run = Run(database, "any:0:trace");
    if (run.exit_code != kRejected) {
      throw std::runtime_error("the run after the source changed failed: " + Said(run));
    }
    passed_[true] = CountPoints(run.err);
  }
  return passed_[after_change];
}

std::string FaultBench::EndRun(const std::string& database, bool changed) {
  const bool done =
      target_.QueryValue("select to_regclass('transload.run') is not null", database) == "t" &&
      target_.QueryValue("select exists (select from transload.run where state = 'done')",
                         database) == "t";
  TransloadRun run = Run(database, "");
  if (run.exit_code != (done ? 3 : kRejected)) {
    return fmt::format("the same command again: {}", Said(run));
  }
  return WhatDiffers(Expected(changed), ReadTargetState(target_, database));
}

std::optional<std::string> FaultBench::Try(const FaultSpec& spec) {
  Expected(spec.after_change);
  const std::string database = Prepare(spec.after_change);
  DatabaseGuard guard(target_, database);
  ChangeGuard change(source_, spec.after_change);
  change.Change();
  TransloadRun hit = Run(
      database, fmt::format("{0}:{1}:trace,{0}:{1}:{2}", spec.point, spec.occurrence, spec.kind));
  if (hit.err.find("fault point " + spec.point) == std::string::npos) return std::nullopt;
  ++hit_;
  if (!EndsAfter(spec.kind).contains(hit.exit_code)) return "the run that was hit: " + Said(hit);
  std::string problem = EndRun(database, spec.after_change);
  if (!problem.empty()) problem += fmt::format("\nthe run that was hit had said: {}", Said(hit));
  return problem;
}

std::string FaultBench::KillAgainAndAgain(const std::vector<long>& points) {
  Expected(false);
  const std::string database = rig::FreshDatabase(target_);
  DatabaseGuard guard(target_, database);
  for (long point : points) {
    TransloadRun run = Run(database, fmt::format("any:{}:kill", point));
    if (run.exit_code == kKilledExit) {
      ++hit_;
    } else if (run.exit_code != kRejected && run.exit_code != 3) {
      return fmt::format("killed at point {}: {}", point, Said(run));
    }
  }
  return EndRun(database, false);
}

unsigned FaultSeed() {
  if (const char* given = std::getenv("TRANSLOAD_SEED")) {
    return static_cast<unsigned>(std::strtoul(given, nullptr, 10));
  }
  rig::Command command;
  command.argv = {"git",       "-C",  TRANSLOAD_SOURCE_DIR, "-c", "safe.directory=*", "rev-parse",
                  "--short=7", "HEAD"};
  command.as_server_account = false;
  try {
    return static_cast<unsigned>(std::strtoul(rig::RunToEnd(command).c_str(), nullptr, 16));
  } catch (const std::exception&) {
    return 1;  // not a clone
  }
}

}  // namespace transload
