// One row changed, one lost, one added and one doubled in tables of every kind of key, from every
// engine: each is named, whatever the key is and however large the table, and put right.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "tests/conformance/transload_run.h"
#include "tests/rig/shared_servers.h"
#include "tests/rig/sqlite_file.h"
#include "tests/rig/temporary_dir.h"

namespace transload {
namespace {

constexpr std::uint64_t kMebibyte = std::uint64_t{1} << 20;
constexpr int kRows = 40'000;

struct KeyCase {
  std::string table;
  std::string columns;      // with the key, in the source's words
  std::string values;       // of row n, in its words
  std::string key;          // how row n is named: an expression of the target; empty without a key
  bool cheaply = false;     // found by reading sub-ranges only
  std::string other = {};   // what makes the added row's key a new one, on the target
  std::string suffix = {};  // of CREATE TABLE
};

class EveryKey : public testing::Test {
 protected:
  // `insert`: the statement's end, where `n` runs from 1 to kRows.
  void Make(const std::vector<KeyCase>& cases, const std::string& note, const std::string& rows) {
    for (const KeyCase& one : cases) {
      source_sql_ += "create table " + one.table + " (" + one.columns + ")" + one.suffix +
                     ";insert into " + one.table + " select " + one.values + ", n, " + note +
                     " from " + rows + ";";
    }
  }

  void Migrate() {
    const TransloadRun run = RunTransload({"run", source_, target_.Url(database_)});
    ASSERT_EQ(run.exit_code, 0) << run.out << run.err;
  }

  void Damage(const KeyCase& one) {
    const std::string& t = one.table;
    const std::string other = one.other.empty() ? "n = n" : one.other;
    target_.Execute(
        "do $$ declare c text; begin for c in select conname from pg_constraint where conrelid = "
        "'" +
            t + "'::regclass and contype = 'p' loop execute 'alter table " + t +
            " drop constraint ' || quote_ident(c); end loop; end $$;"
            "update " +
            t +
            " set note = 'changed' where n = 20000;"
            "create temp table added as select * from " +
            t +
            " where n = 20000;"
            "update added set " +
            other +
            ";update added set n = 77777777;"
            "create temp table doubled as select * from " +
            t +
            " where n = 30000;"
            "insert into " +
            t +
            " select * from added;"
            "insert into " +
            t + " select * from doubled;",
        database_);
    if (!one.key.empty()) {
      auto key = [&](int n) {
        return target_.QueryValue(
            "select " + one.key + " from " + t + " where n = " + std::to_string(n) + " limit 1",
            database_);
      };
      expected_[t] = {key(20'000) + " value", key(25'000) + " missing in target",
                      key(30'000) + " only in target", key(77'777'777) + " only in target"};
    }
    target_.Execute("delete from " + t + " where n = 25000", database_);
  }

  void ExpectAllFoundAndRepaired(const std::vector<KeyCase>& cases) {
    for (const KeyCase& one : cases) Damage(one);
    const TransloadRun verify =
        RunTransload({"verify", source_, target_.Url(database_), "--format", "json"});
    ASSERT_EQ(verify.exit_code, 6) << verify.out << verify.err;
    EXPECT_LE(verify.peak_bytes, 200 * kMebibyte);
    const nlohmann::json report = nlohmann::json::parse(verify.out);
    for (const KeyCase& one : cases) {
      SCOPED_TRACE(one.table);
      std::set<std::string> found;
      for (const nlohmann::json& difference : report["differences"]) {
        const std::string name = difference["table"];
        if (name != one.table && !name.ends_with("." + one.table)) continue;
        found.insert(difference["key"].get<std::string>() + " " +
                     difference["kind"].get<std::string>());
        if (difference["kind"] != "value") continue;
        EXPECT_EQ(difference["column"], "note");
        EXPECT_EQ(difference["target"], "changed");
      }
      if (!one.key.empty()) {
        EXPECT_EQ(found, expected_[one.table]);
      }
      for (const nlohmann::json& table : report["tables"]) {
        const std::string name = table["name"];
        if (name != one.table && !name.ends_with("." + one.table)) continue;
        const std::string counts = one.key.empty()
                                       ? "2 rows missing in the target, 3 only there, 0 different"
                                       : "1 rows missing in the target, 2 only there, 1 different";
        EXPECT_NE(table["reason"].get<std::string>().find(counts), std::string::npos)
            << table["reason"];
        const nlohmann::json& cost = table["drill_down"];
        ASSERT_FALSE(cost.is_null());
        const auto read = cost["read_bytes"].get<std::uint64_t>();
        if (one.cheaply) {
          EXPECT_LE(cost["ranges"].get<int>(), 5);
          EXPECT_LE(read, 3 * cost["range_bytes"].get<std::uint64_t>());
          EXPECT_LE(read, 20 * kMebibyte);
        } else {
          // Each side once.
          EXPECT_LE(read, std::uint64_t{2} * kRows * 350);
        }
      }
    }
    const TransloadRun repaired =
        RunTransload({"verify", source_, target_.Url(database_), "--repair"});
    EXPECT_EQ(repaired.exit_code, 0) << repaired.out << repaired.err;
  }

  rig::PostgresServer& target_ = rig::SharedPostgres();
  const std::string database_ = rig::FreshDatabase(target_);
  std::string source_;  // URL
  std::string source_sql_;
  std::map<std::string, std::set<std::string>> expected_;
};

TEST_F(EveryKey, OfMariaDb) {
  const std::vector<KeyCase> cases = {
      {"k_text", "k varchar(40) primary key, n int, note varchar(250)",
       "concat(elt(1 + n % 3, 'a', 'B', 'é'), md5(n))", "'k=' || k", false, "k = 'Z new'"},
      {"k_date", "day date, line int, n int, note varchar(250), primary key (day, line)",
       "'2001-01-01' + interval n div 50 day, n % 50", "'day=' || day || ', line=' || line", true,
       "line = 99"},
      {"k_datetime", "at datetime(6) primary key, n int, note varchar(250)",
       "'1999-12-31 23:00:00.500001' + interval n * 7 second", "'at=' || at", true,
       "at = '2010-01-01 00:00:00.123456'"},
      {"k_timestamp",
       "at timestamp not null, line int, n int, note varchar(250), primary key (at, "
       "line)",
       "'2001-01-01 00:00:00' + interval n div 3 hour, n % 3",
       "'at=' || to_char(at, 'YYYY-MM-DD HH24:MI:SS+00') || ', line=' || line", true, "line = 99"},
      {"k_uuid", "k uuid primary key, n int, note varchar(250)",
       "insert(insert(md5(n), 13, 1, '4'), 17, 1, '8')", "'k=' || k", false,
       "k = 'ffffffff-0000-4000-8000-000000000000'"},
      {"k_binary", "k binary(16) primary key, n int, note varchar(250)", "unhex(md5(n))",
       "'k=' || k::text", true, "k = 'ffffffff-0000-4000-8000-000000000000'"},
      {"k_decimal", "k decimal(12,3) primary key, n int, note varchar(250)", "n * 1.125",
       "'k=' || k", true, "k = -1.5"},
      {"k_three",
       "a bigint unsigned, b smallint, c varchar(20), n int, note varchar(250), primary "
       "key (a, b, c)",
       "18446744073709000000 + n div 1000, n % 1000, concat('é', n)",
       "'a=' || a || ', b=' || b || ', c=' || c", false, "c = 'new'"},
      {"k_mixed",
       "tenant int, name varchar(20), n int, note varchar(250), primary key (tenant, name)",
       "n div 500, concat('N', n)", "'tenant=' || tenant || ', name=' || name", true,
       "name = 'new'"},
      {"k_double", "k double primary key, n int, note varchar(250)", "n / 7e0", "'k=' || k", false,
       "k = -0.1"},
      {"k_none", "a int, n int, note varchar(250)", "n % 10", "", false},
  };
  rig::MariaDbServer& server = rig::SharedMariaDb();
  const std::string source = rig::FreshDatabase(server);
  source_ = server.Url(source);
  Make(cases, "concat(repeat('x', 230), n)",
       "(select cast(seq as signed) as n from seq_1_to_40000) s");
  server.Execute("set time_zone = '+00:00';" + source_sql_, source);
  Migrate();
  ExpectAllFoundAndRepaired(cases);
}

TEST_F(EveryKey, OfPostgres) {
  const std::vector<KeyCase> cases = {
      {"k_text", "k text primary key, n int, note text", "md5(n::text)", "'k=' || k", false,
       "k = 'new'"},
      {"k_date", "day date, line int, n int, note text, primary key (day, line)",
       "'2001-01-01'::date + n / 50, n % 50", "'day=' || day || ', line=' || line", true,
       "line = 99"},
      {"k_zoned", "at timestamptz primary key, n int, note text",
       "'2001-01-01 00:00Z'::timestamptz + n * interval '7.25 s'",
       "'at=' || (at at time zone 'UTC') || '+00'", true, "at = '2020-01-01 00:00:00.123456Z'"},
      {"k_uuid", "k uuid primary key, n int, note text", "md5(n::text)::uuid", "'k=' || k", true,
       "k = 'ffffffff-0000-4000-8000-000000000000'"},
      {"k_three", "a int, b uuid, c int, n int, note text, primary key (a, b, c)",
       "n / 10000, md5((n / 10)::text)::uuid, n % 10", "'a=' || a || ', b=' || b || ', c=' || c",
       true, "c = 99"},
      {"k_bytes", "k bytea primary key, n int, note text", "decode(md5(n::text), 'hex')",
       "'k=' || k::text", false, "k = 'new'"},
      {"k_none", "a int, n int, note text", "n % 10", "", false},
  };
  const std::string source = rig::FreshDatabase(target_);
  source_ = target_.Url(source);
  Make(cases, "repeat('x', 230) || n", "generate_series(1, 40000) n");
  target_.Execute(source_sql_, source);
  Migrate();
  ExpectAllFoundAndRepaired(cases);
}

TEST_F(EveryKey, OfSqlite) {
  const std::vector<KeyCase> cases = {
      {"k_text", "k text primary key, n integer, note text", "printf('k%dx', n * 7)", "'k=' || k",
       false, "k = 'new'"},
      {"k_without", "k text primary key, n integer, note text", "printf('k%dx', n * 7)",
       "'k=' || k", false, "k = 'new'", " without rowid"},
      {"k_two", "a integer, b text, n integer, note text, primary key (a, b)",
       "n / 100, printf('b%d', n)", "'a=' || a || ', b=' || b", false, "b = 'new'"},
      {"k_none", "a integer, n integer, note text", "n % 10", "", false},
  };
  const rig::TemporaryDir folder;
  const std::string file = folder / "source.db";
  source_ = "sqlite://" + file;
  Make(cases, "printf('%0230d', n)",
       "(with recursive s(n) as (select 1 union all select n + 1 from s where n < 40000) select n "
       "from s)");
  rig::MakeSqliteFile(file, source_sql_);
  Migrate();
  ExpectAllFoundAndRepaired(cases);
}

TEST_F(EveryKey, OfOdbc) {
  const std::vector<KeyCase> cases = {
      {"k_three", "a int, b bigint, c int, n int, note text, primary key (a, b, c)",
       "n / 10000, n / 10, n % 10", "'a=' || a || ', b=' || b || ', c=' || c", true, "c = 99"},
      {"k_text", "k varchar(40) primary key, n int, note text", "md5(n::text)", "'k=' || k", false,
       "k = 'new'"},
      {"k_none", "a int, n int, note text", "n % 10", "", false},
  };
  const std::string source = rig::FreshDatabase(target_);
  source_ = "odbc:Driver={PostgreSQL Unicode};Server=" + target_.socket_dir() +
            ";Port=" + std::to_string(target_.port()) + ";UID=postgres;Database=" + source;
  Make(cases, "repeat('x', 230) || n", "generate_series(1, 40000) n");
  target_.Execute(source_sql_, source);
  Migrate();
  ExpectAllFoundAndRepaired(cases);
}

}  // namespace
}  // namespace transload
