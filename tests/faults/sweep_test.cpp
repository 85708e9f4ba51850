// Runs that are killed, cut off or made to fail at every step that changes state, and started
// again.
//
// The tests of every day take a seeded part; scripts/fault-sweep takes all of it and prints the
// table of points, engines and kinds.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <set>

#include "core/fault_point.h"
#include "tests/faults/fault_run.h"

namespace transload {
namespace {

constexpr const char* kKinds[] = {"kill", "term", "throw", "error", "cut"};
// How many cases of one engine a day's tests run.
constexpr std::size_t kPart = 9;

// Passed only by a run that goes on after its source has changed.
bool OnlyAfterChange(FaultPoint point) {
  switch (point) {
    case FaultPoint::kRunTakenOver:
    case FaultPoint::kReconcileCompared:
    case FaultPoint::kResetUncommitted:
    case FaultPoint::kResetCommitted:
    case FaultPoint::kSnapshotRecorded:
      return true;
    default:
      return false;
  }
}

struct Sweep {
  const FaultSource& source;
  FaultBench& bench;
  std::minstd_rand random;
  int bad = 0;

  // A case per point and kind, at a time of its own each.
  std::vector<FaultSpec> AllCases(int times) {
    std::vector<FaultSpec> specs;
    for (std::size_t i = 0; i < kFaultPoints; ++i) {
      const FaultPoint point = static_cast<FaultPoint>(i);
      const bool after_change = OnlyAfterChange(point);
      const auto& passed = bench.Passed(after_change);
      auto found = passed.find(Name(point));
      if (found == passed.end()) {
        if (!source.Passes(Name(point))) continue;
        ADD_FAILURE() << "no run came to the point " << Name(point);
        continue;
      }
      for (const char* kind : kKinds) {
        std::set<long> occurrences = {1};
        for (int time = 1; time < times; ++time) {
          occurrences.insert(std::uniform_int_distribution<long>(1, found->second)(random));
        }
        for (long occurrence : occurrences) {
          specs.push_back({Name(point), occurrence, kind, after_change});
        }
      }
    }
    return specs;
  }

  // "ok", "-" when the run ended before that time, "FAIL".
  std::string Check(const FaultSpec& spec) {
    std::optional<std::string> problem = bench.Try(spec);
    if (!problem) return "-";
    if (problem->empty()) return "ok";
    ++bad;
    ADD_FAILURE() << spec.Text() << ": " << *problem;
    return "FAIL";
  }
};

void SweepPart(std::unique_ptr<FaultSource> source) {
  const unsigned seed = FaultSeed();
  FaultBench bench(*source);
  Sweep sweep{*source, bench, std::minstd_rand(seed)};
  std::vector<FaultSpec> specs = sweep.AllCases(2);
  std::shuffle(specs.begin(), specs.end(), sweep.random);
  SCOPED_TRACE(fmt::format("TRANSLOAD_SEED={}", seed));
  for (const FaultSpec& spec : specs) {
    if (bench.runs_hit() >= static_cast<int>(kPart)) break;
    sweep.Check(spec);
  }
  EXPECT_GE(bench.runs_hit(), static_cast<int>(kPart));
}

void SweepAll(std::unique_ptr<FaultSource> source) {
  FaultBench bench(*source);
  Sweep sweep{*source, bench, std::minstd_rand(FaultSeed())};
  std::map<std::string, std::map<std::string, std::string>> table;
  int signals = 0, cases = 0;
  const char* only = std::getenv("TRANSLOAD_FAULT_ONLY");
  for (const FaultSpec& spec : sweep.AllCases(3)) {
    if (only != nullptr && spec.Text().find(only) == std::string::npos) continue;
    const std::string result = sweep.Check(spec);
    if (result == "-") continue;
    ++cases;
    if (spec.kind == "kill" || spec.kind == "term") ++signals;
    std::string& cell = table[spec.point][spec.kind];
    cell += (cell.empty() ? "" : " ") + result;
    std::fprintf(stderr, "%s %s: %s\n", source->Engine().c_str(), spec.Text().c_str(),
                 result.c_str());
  }
  std::printf("%-24s", source->Engine().c_str());
  for (const char* kind : kKinds) std::printf("%-12s", kind);
  std::printf("\n");
  for (std::size_t i = 0; i < kFaultPoints; ++i) {
    const char* name = Name(static_cast<FaultPoint>(i));
    std::printf("%-24s", name);
    for (const char* kind : kKinds) std::printf("%-12s", table[name][kind].c_str());
    std::printf("\n");
  }
  std::printf("%s: %d runs hit, %d of them by a signal, %d points, %d wrong\n",
              source->Engine().c_str(), cases, signals, static_cast<int>(kFaultPoints), sweep.bad);
}

void KillAtRandom(std::unique_ptr<FaultSource> source) {
  const unsigned seed = FaultSeed();
  SCOPED_TRACE(fmt::format("TRANSLOAD_SEED={}", seed));
  FaultBench bench(*source);
  long all = 0;
  for (const auto& [point, passed] : bench.Passed(false)) all += passed;
  std::minstd_rand random(seed);
  for (int round = 0; round < 3; ++round) {
    std::vector<long> points(4);
    for (long& point : points) point = std::uniform_int_distribution<long>(1, all / 3)(random);
    EXPECT_EQ(bench.KillAgainAndAgain(points), "") << fmt::format("{}", fmt::join(points, ", "));
  }
}

TEST(FaultSweep, PartOnMariaDb) { SweepPart(MariaDbFaultSource()); }
TEST(FaultSweep, PartOnSqlite) { SweepPart(SqliteFaultSource()); }
TEST(FaultSweep, PartOnPostgres) { SweepPart(PostgresFaultSource()); }
TEST(FaultSweep, PartOnOdbc) { SweepPart(OdbcFaultSource()); }

// A type turned out too narrow: its table is emptied, altered and loaded again. Whichever step of
// that is the last one.
TEST(FaultSweep, AReplanThatEndsHalfWayEndsLikeAnUndisturbedOne) {
  const std::unique_ptr<FaultSource> source = MariaDbFaultSource();
  FaultBench bench(*source);
  for (const char* point : {"replan-decided", "replan-uncommitted", "replan-committed"}) {
    for (const char* kind : {"kill", "cut"}) {
      const FaultSpec spec{point, 1, kind};
      EXPECT_EQ(bench.Try(spec), "") << spec.Text();
    }
  }
}

// Two engines a time, others tomorrow.
TEST(FaultSweep, RandomKills) {
  constexpr std::unique_ptr<FaultSource> (*kSources[])() = {MariaDbFaultSource, PostgresFaultSource,
                                                            SqliteFaultSource, OdbcFaultSource};
  const unsigned first = FaultSeed() % 2;
  KillAtRandom(kSources[first]());
  KillAtRandom(kSources[first + 2]());
}

TEST(FaultSweep, DISABLED_AllOnMariaDb) { SweepAll(MariaDbFaultSource()); }
TEST(FaultSweep, DISABLED_AllOnSqlite) { SweepAll(SqliteFaultSource()); }
TEST(FaultSweep, DISABLED_AllOnPostgres) { SweepAll(PostgresFaultSource()); }
TEST(FaultSweep, DISABLED_AllOnOdbc) { SweepAll(OdbcFaultSource()); }

}  // namespace
}  // namespace transload
