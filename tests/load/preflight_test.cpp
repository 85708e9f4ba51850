// What the target's checklist says of a plan.
#include <gmock/gmock.h>

#include "load/target.h"
#include "tests/load/target_fixture.h"

namespace transload {
namespace {

using testing::HasSubstr;

// Empty when the checklist has nothing about that.
std::string SaidOfCompression(TargetFixture& fixture, std::uint64_t rows) {
  TablePlan table;
  table.schema = "public";
  table.name = "documents";
  table.estimated_bytes = std::uint64_t{100} << 20;
  table.estimated_rows = rows;
  MigrationPlan plan;
  plan.tables = {table};
  Target target = Target::Connect(fixture.options);
  for (const PreflightItem& item : target.Preflight(plan, fixture.options)) {
    if (item.subject == "default_toast_compression") return item.text;
  }
  return "";
}

TEST(TargetPreflight, HintsAtQuickerCompressionWhereRowsAreLong) {
  TargetFixture fixture;
  EXPECT_THAT(SaidOfCompression(fixture, 10'000), HasSubstr("--tune"));
  EXPECT_EQ(SaidOfCompression(fixture, 1'000'000), "");
  EXPECT_EQ(SaidOfCompression(fixture, 0), "");  // nobody knows how long they are
  fixture.options.tune = true;
  EXPECT_EQ(SaidOfCompression(fixture, 10'000), "");
}

TEST(TargetPreflightMatrix, HasNoHintForAServerWithoutAChoice) {
  TargetFixture fixture("13");
  EXPECT_EQ(SaidOfCompression(fixture, 10'000), "");
}

}  // namespace
}  // namespace transload
