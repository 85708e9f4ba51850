// What the target's checklist says of a plan.
#include <gmock/gmock.h>

#include "load/target.h"
#include "tests/load/target_fixture.h"

namespace transload {
namespace {

using testing::HasSubstr;

constexpr std::uint64_t kHundredMegabytes = std::uint64_t{100} << 20;

// Empty when the checklist has nothing about that.
std::string SaidOf(const std::string& setting, TargetFixture& fixture, std::uint64_t rows,
                   std::uint64_t bytes = kHundredMegabytes) {
  TablePlan table;
  table.schema = "public";
  table.name = "documents";
  table.estimated_bytes = bytes;
  table.estimated_rows = rows;
  MigrationPlan plan;
  plan.tables = {table};
  Target target = Target::Connect(fixture.options);
  for (const PreflightItem& item : target.Preflight(plan, fixture.options)) {
    if (item.subject == setting) return item.text;
  }
  return "";
}

TEST(TargetPreflight, HintsAtQuickerCompressionWhereRowsAreLong) {
  TargetFixture fixture;
  EXPECT_THAT(SaidOf("default_toast_compression", fixture, 10'000), HasSubstr("--tune"));
  EXPECT_EQ(SaidOf("default_toast_compression", fixture, 1'000'000), "");
  EXPECT_EQ(SaidOf("default_toast_compression", fixture, 0), "");  // nobody knows how long they are
  fixture.options.tune = true;
  EXPECT_EQ(SaidOf("default_toast_compression", fixture, 10'000), "");
}

TEST(TargetPreflight, HintsAtQuickerCompressionOfTheLog) {
  TargetFixture fixture;
  const std::uint64_t rows = 1'000'000'000, bytes = 100 * kHundredMegabytes;
  EXPECT_EQ(SaidOf("wal_compression", fixture, rows, bytes), "");
  fixture.Sql("alter database " + fixture.database + " set wal_compression = on");
  EXPECT_THAT(SaidOf("wal_compression", fixture, rows, bytes), HasSubstr("--tune"));
  EXPECT_EQ(SaidOf("wal_compression", fixture, rows, kHundredMegabytes), "");
}

TEST(TargetPreflight, NamesALedgerThatARunWouldRefuse) {
  TargetFixture fixture;
  EXPECT_EQ(SaidOf("ledger", fixture, 1), "will be made in schema transload");
  { Ledger ledger = fixture.BeginRun(); }
  EXPECT_EQ(SaidOf("ledger", fixture, 1), "stands in schema transload");
  fixture.Sql("update transload.version set version = 99");
  EXPECT_THAT(SaidOf("ledger", fixture, 1), HasSubstr("made by a newer transload"));
  fixture.Sql(
      "drop schema transload cascade; create schema transload; create table transload.x ()");
  EXPECT_THAT(SaidOf("ledger", fixture, 1), HasSubstr("is not empty and holds no ledger"));
}

TEST(TargetPreflight, NamesEventTriggersThatFireOnWhatTheRunMakes) {
  TargetFixture fixture;
  EXPECT_EQ(SaidOf("event triggers", fixture, 1), "");
  fixture.Sql(
      "create function public.no() returns event_trigger language plpgsql as $$ begin raise 'no'; "
      "end $$; create event trigger off on ddl_command_end when tag in ('CREATE CAST') execute "
      "function public.no(); alter event trigger off disable; create event trigger \"On\" on "
      "ddl_command_end when tag in ('CREATE CAST') execute function public.no()");
  EXPECT_THAT(SaidOf("event triggers", fixture, 1), testing::StartsWith("\"On\": they fire"));
}

TEST(TargetPreflightMatrix, HasNoHintForAServerWithoutAChoice) {
  TargetFixture fixture("13");
  EXPECT_EQ(SaidOf("default_toast_compression", fixture, 10'000), "");
}

}  // namespace
}  // namespace transload
