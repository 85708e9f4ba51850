#include "cli/config_file.h"

#include <gtest/gtest.h>

#include <fstream>

#include "core/error.h"

namespace transload {
namespace {

Options Read(const std::string& text) {
  Options options;
  ReadConfigText(text, "c.toml", options);
  return options;
}

// The file of a run that its deadline stopped serves status and undo too.
TEST(ConfigFile, TakesADeadlineThatHasPassed) {
  EXPECT_EQ(Read("deadline = '2020-01-01 06:00'").deadline, "2020-01-01 06:00");
  EXPECT_THROW(Read("deadline = 'soon'"), Error);
}

TEST(ConfigFile, ReadsEverySection) {
  std::string folder = testing::TempDir();
  std::ofstream(folder + "/fix.sql") << "update a set b = 1;";
  Options options;
  ReadConfigText(R"toml(
source = "mysql://app@db1/shop"
target = "postgresql:///shop"
jobs = 4
max_rate = "50MB/s"
include = ["orders*", "shop.items"]
data_only = true
[policy]
zero_date = "error"
[[map]]
type = "tinyint(1)"
to = "smallint"
[[step]]
when = "after-data"
file = "fix.sql"
[[step]]
when = "before-schema"
sql = "select 1"
[[check]]
name = "revenue"
source_sql = "select sum(a) from t"
target_sql = "select sum(b) from t"
[table."audit_log"]
where = "created_at >= '2020-01-01'"
exclude_columns = ["raw"]
rename = "audit"
[table."audit_log".policy]
nul_byte = "strip"
[table."audit_log".column."meta"]
type = "jsonb"
rename = "details"
)toml",
                 folder + "/c.toml", options);
  EXPECT_EQ(options.source_url, "mysql://app@db1/shop");
  EXPECT_EQ(options.jobs, 4);
  EXPECT_EQ(options.max_rate_bytes, 50'000'000u);
  EXPECT_EQ(options.include.size(), 2u);
  EXPECT_TRUE(options.data_only);
  EXPECT_EQ(options.policies.zero_date, ZeroDate::kError);
  ASSERT_EQ(options.maps.size(), 1u);
  EXPECT_NE(options.maps[0].where.find("c.toml:10"), std::string::npos) << options.maps[0].where;
  ASSERT_EQ(options.checks.size(), 1u);
  EXPECT_EQ(options.checks[0].target_sql, "select sum(b) from t");
  ASSERT_EQ(options.steps.size(), 2u);
  EXPECT_EQ(options.steps[0].sql, "update a set b = 1;");
  EXPECT_EQ(options.steps[1].when, StepTime::kBeforeSchema);
  const TableOptions& table = options.tables.at("audit_log");
  EXPECT_EQ(table.rename, "audit");
  EXPECT_EQ(table.policies.at(0).second, "strip");
  EXPECT_EQ(table.columns.at("meta").type, "jsonb");
}

TEST(ConfigFile, TakesNamesBeyondAsciiInQuotes) {
  Options options = Read("# ä\n[table.\"größe\"]\nrename = 'ä\"'\nwhere = \"\"\"\nä\"\"\"\n");
  EXPECT_EQ(options.tables.at("größe").where, "ä");
}

struct WrongText {
  std::string text;
  std::string said;
};

class WrongConfig : public testing::TestWithParam<WrongText> {};

TEST_P(WrongConfig, IsRefusedWithItsLine) {
  try {
    Read(GetParam().text);
    FAIL() << GetParam().text;
  } catch (const Error& error) {
    EXPECT_EQ(error.exit_code, ExitCode::kUsage);
    EXPECT_EQ(std::string(error.what()).find("c.toml:"), 0u) << error.what();
    EXPECT_NE(std::string(error.what()).find(GetParam().said), std::string::npos) << error.what();
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, WrongConfig,
    testing::Values(
        WrongText{"jobs = 4\n\njbos = 3\n", "c.toml:3: unknown key 'jbos'; did you mean 'jobs'?"},
        WrongText{"jobs = 300", "c.toml:1: jobs: '300'"}, WrongText{"jobs = [1]", "c.toml:1: jobs"},
        WrongText{"jobs = ", "c.toml:1: not valid TOML"},
        WrongText{"\n[=", "c.toml:2: not valid TOML"}, WrongText{"[[#", "not valid TOML"},
        WrongText{"\nowner = \"x\n", "c.toml:2: not valid TOML: a text in quotes"},
        WrongText{"# größe\nowner = 'größe'\ngröße = 3",
                  "c.toml:3: not valid TOML: a letter beyond"},
        WrongText{"\n[policy]\nzero_date = \"maybe\"", "c.toml:3: zero_date"},
        WrongText{"[policy]\nzero_dat = \"null\"", "zero_dat"},
        WrongText{"[[map]]\ntype = \"a\"", "c.toml:1: [[map]] wants to"},
        WrongText{"[[map]]\ntype=\"a\"\ncolumn=\"b\"\nto=\"text\"", "either type or column"},
        WrongText{"[[map]]\ntyp = \"a\"",
                  "c.toml:2: unknown key 'typ' in [[map]]; did you mean 'type'"},
        WrongText{"[[step]]\nsql = \"x\"", "wants when"},
        WrongText{"[[step]]\nwhen = \"after-dat\"\nsql = \"x\"", "did you mean 'after-data'?"},
        WrongText{"[[step]]\nwhen = \"after-data\"\nfile = \"no-such-file.sql\"", "c.toml:3: file"},
        WrongText{"[table.\"a\"]\nwher = \"x\"", "c.toml:2: unknown key 'wher' of a table"},
        WrongText{"[table.\"a\".column.\"b\"]\ntyp = \"x\"", "of a column"},
        WrongText{"[table.\"a\".column.\"b\"]\ndecode = \"uuid_swaped\"",
                  "c.toml:2: decode: 'uuid_swaped' is not one of uuid, uuid_swapped"},
        WrongText{"[[map]]\ntype = \"binary(16)\"\nto = \"uuid\"\ndecode = \"swapped\"",
                  "c.toml:4: decode: 'swapped'"},
        WrongText{"[[step]]\nwhen = \"after-data\"\nfile = \"/\"", "c.toml:3: file: cannot read"},
        WrongText{"include = [1]", "include: a text in quotes"},
        WrongText{"policy = 3", "'policy' is a table"}, WrongText{"step = 3", "[[step]]"}));

TEST(ConfigFile, RefusesANameThatCannotBeHad) {
  const std::string column = "[table.t.column.y]\n";
  EXPECT_EQ(Read(column + "rename = 'z'").tables.at("t").columns.at("y").rename_where, "c.toml:2");
  for (const std::string& text : {column + "rename = ''", std::string("[table.t]\nrename = ''"),
                                  column + "rename = '" + std::string(64, 'x') + "'",
                                  "[table.t]\nrename = '" + std::string(64, 'x') + "'"}) {
    try {
      Read(text);
      ADD_FAILURE() << text;
    } catch (const Error& error) {
      EXPECT_EQ(std::string(error.what()).find("c.toml:2: rename: "), 0u) << error.what();
    }
  }
}

}  // namespace
}  // namespace transload
