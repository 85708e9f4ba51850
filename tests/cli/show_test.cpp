#include "cli/show.h"

#include <gtest/gtest.h>

namespace transload {
namespace {

const std::string kHostile = "t\x1b[31m\nforged";

TEST(StatusText, LetsNoControlCharacterThrough) {
  StatusRun run;
  run.errors = {"bad value in a\x1b]0;title\x07"};
  run.tables.push_back({});
  run.tables.back().table = kHostile;
  const std::string text = StatusText({run});
  EXPECT_EQ(text.find('\x1b'), std::string::npos) << text;
  EXPECT_NE(text.find("a\\x1b]0;title\\x07"), std::string::npos) << text;
  EXPECT_NE(text.find("t\\x1b[31m\\nforged"), std::string::npos) << text;
}

TEST(PlanText, LetsNoControlCharacterThrough) {
  PlanResult result;
  TablePlan table;
  table.source_name = kHostile;
  result.plan.tables = {table};
  result.plan.hazards = {
      {"a\xC2\x9B"
       "2J",
       "b"}};
  const std::string text = PlanText(result);
  EXPECT_EQ(text.find('\x1b'), std::string::npos) << text;
  EXPECT_NE(text.find("a\\x9b2J"), std::string::npos) << text;
}

// Nor a line of its own, which would read as one of the plan's.
TEST(PlanText, KeepsEveryNameOnItsLine) {
  const std::string two = "a\nall is well";
  PlanResult result;
  TablePlan table;
  table.source_name = table.name = table.where = two;
  table.columns.resize(1);
  table.columns[0].name = table.columns[0].rule = table.columns[0].note = two;
  result.plan.tables = {table};
  result.plan.hazards = {{two, two}};
  result.plan.names = {{"table", two, two, two}};
  result.plan.not_migrated = {{"view", two, two, ""}};
  result.splits = {{table.SourceLabel(), 1, two}};
  const std::string text = PlanText(result);
  EXPECT_EQ(text.find("\nall is well"), std::string::npos) << text;
}

}  // namespace
}  // namespace transload
