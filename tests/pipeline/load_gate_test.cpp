#include "pipeline/load_gate.h"

#include <gtest/gtest.h>

namespace transload {
namespace {

TEST(LoadGate, ClosesAboveTheLimitAndTellsOnceOfEachChange) {
  LoadGate gate(10);
  EXPECT_EQ(gate.Update({10, {}}), "");
  EXPECT_FALSE(gate.closed());
  EXPECT_EQ(gate.Update({11, {}}),
            "the source works on 11 statements, --max-load allows 10: reading rests");
  EXPECT_TRUE(gate.closed());
  EXPECT_EQ(gate.Update({12, {}}), "");
  EXPECT_EQ(gate.Update({3, {}}), "the source is less busy: reading goes on");
  EXPECT_FALSE(gate.closed());
}

TEST(LoadGate, ClosesForAReplicaThatLags) {
  LoadGate gate(10);
  EXPECT_EQ(gate.Update({1, LoadGate::kMostLagSeconds}), "");
  EXPECT_EQ(gate.Update({1, 300}), "the source, a replica, is 300 s behind: reading rests");
  EXPECT_TRUE(gate.closed());
}

TEST(LoadGate, StaysOpenWithoutALimitAndWhenTheSourceCannotBeAsked) {
  LoadGate without(std::nullopt);
  EXPECT_EQ(without.Update({1000, 1000}), "");
  EXPECT_FALSE(without.closed());
  LoadGate gate(1);
  gate.Update({5, {}});
  gate.Open();
  EXPECT_FALSE(gate.closed());
}

}  // namespace
}  // namespace transload
