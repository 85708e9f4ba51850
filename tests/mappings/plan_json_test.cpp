// Plans as JSON, the fingerprint of a run's inputs, and the generated pages.
#include "core/plan_json.h"

#include <gtest/gtest.h>

#include <fstream>
#include <random>
#include <sstream>

#include "mappings/type_docs.h"
#include "tests/mappings/plan_fixture.h"

namespace transload {
namespace {

// Any text: quotes, controls, letters, bytes that are no UTF-8.
std::string AnyText(std::mt19937& random) {
  std::string text;
  for (std::uint32_t i = random() % 6; i > 0; --i) {
    static const char* const kPieces[] = {"a",    "\"", "\\", "\xC3\xA4",    "\xFF",
                                          "\x01", "'",  "\n", "\xEF\xBF\xBD"};
    text += kPieces[random() % 9];
  }
  return text;
}

ColumnPlan AnyColumn(std::mt19937& random) {
  ColumnPlan column;
  column.name = AnyText(random);
  column.source.name = AnyText(random);
  column.source.length = static_cast<std::int64_t>(random());
  column.source.labels = {AnyText(random), ""};
  if (random() % 2) column.source.srid = static_cast<std::uint32_t>(random());
  if (random() % 2) column.source.default_value = SourceDefault{AnyText(random), random() % 2 == 0};
  column.source.format = static_cast<CellFormat>(random() % 17);
  column.type.kind = static_cast<PgKind>(random() % 31);
  column.type.element.resize(random() % 2);
  if (random() % 2) column.safe_type = ParsePgType("numeric(20,0)");
  column.policies.zero_date = ZeroDate::kEpoch;
  column.policies.zero_date_epoch = "1970-01-01";
  column.policies.enum_zero = static_cast<EnumZero>(random() % 3);
  column.not_null = random() % 2;
  column.never_null = random() % 2;
  column.default_sql = AnyText(random);
  return column;
}

TEST(PlanJson, GivesBackWhatWasWritten) {
  for (std::uint32_t seed = 0; seed < 200; ++seed) {
    std::mt19937 random(seed);
    TablePlan table;
    table.name = AnyText(random);
    table.estimated_rows = UINT64_MAX - random();
    for (int i = 0; i < 3; ++i) table.columns.push_back(AnyColumn(random));
    table.types = {{"s", AnyText(random), {"x"}}};
    IndexPlan index;
    index.parts = {{AnyText(random), true, "c", "o"}};
    index.include = {"x"};
    table.indexes = {index};
    table.foreign_keys = {
        {AnyText(random), {"a"}, "s", "t", {"b"}, "CASCADE", "", true, false, false}};
    table.checks = {{"c", AnyText(random), false}};
    table.triggers = {{"f", "t", "c", "now()"}};
    EXPECT_EQ(TablePlanFromJson(ToJson(table)), table) << "seed " << seed;
  }
}

TEST(PlanJson, RefusesWhatIsNoPlan) { EXPECT_ANY_THROW(TablePlanFromJson("{\"columns\": 5")); }

TEST(PlanInputs, DriftIsNamedAndEstimatesAreNotDrift) {
  Shop before({Table("orders", {Column("id", "int"), Column("note", "text")})});
  Shop after = before;
  after.catalogue.tables[0].estimated_rows = 99;
  after.catalogue.tables[0].next_auto_value = "12";
  after.options.jobs = 7;
  auto json = [](const Shop& shop, const char* digest) {
    return InputsJson(shop.options, shop.catalogue, digest);
  };
  EXPECT_EQ(DescribeDrift(json(before, "r"), json(after, "r")), "");
  EXPECT_EQ(InputFingerprint(before.options, before.catalogue, "r"),
            InputFingerprint(after.options, after.catalogue, "r"));

  after.catalogue.tables[0].columns[0].full_type = "bigint";
  after.catalogue.tables[0].columns.push_back(Column("extra", "int"));
  after.options.schema = "archive";
  const std::string drift = DescribeDrift(json(before, "r"), json(after, "s"));
  EXPECT_NE(drift.find("options: schema: was '', is 'archive'"), std::string::npos) << drift;
  EXPECT_NE(drift.find("table shop.orders: column extra: is new"), std::string::npos) << drift;
  EXPECT_NE(drift.find("table shop.orders: column id: full_type: was 'int', is 'bigint'"),
            std::string::npos)
      << drift;
  EXPECT_NE(drift.find("type rules: was 'r', is 's'"), std::string::npos) << drift;
  EXPECT_NE(InputFingerprint(before.options, before.catalogue, "r"),
            InputFingerprint(after.options, after.catalogue, "r"));
}

TEST(PlanInputs, AStepThatHasNotRunIsNoDrift) {
  auto json = [](const std::vector<std::string>& steps) {
    Shop shop({Table("orders", {Column("id", "int")})});
    for (const std::string& sql : steps) {
      shop.options.steps.push_back({StepTime::kAfterData, "s", sql});
    }
    return InputsJson(shop.options, shop.catalogue, "r");
  };
  const std::string before = json({"one", "two"});
  EXPECT_EQ(DescribeDrift(before, json({"one", "other"}), {1}), "");
  EXPECT_EQ(DescribeDrift(before, json({"one"}), {1}), "");
  EXPECT_EQ(DescribeDrift(before, json({"one", "two", "three"}), {1, 2}), "");
  EXPECT_NE(DescribeDrift(before, json({"zero", "one", "two"}), {1}), "");
  EXPECT_NE(DescribeDrift(before, json({"one", "other"}), {1, 2}), "");
  EXPECT_NE(DescribeDrift(before, json({}), {1}), "");
}

std::string Committed(const char* page) {
  std::ifstream file(std::string(TRANSLOAD_SOURCE_DIR "/docs/") + page, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(TypeDocs, CommittedPagesAreCurrent) {
  EXPECT_EQ(Committed("types.md"), TypesPage()) << "run: transload-docs docs";
  EXPECT_EQ(Committed("policies.md"), PoliciesPage()) << "run: transload-docs docs";
}

}  // namespace
}  // namespace transload
