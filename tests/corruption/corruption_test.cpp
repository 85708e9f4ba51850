// Every type is damaged in every way on the target, behind the tool's back. Verify must find each
// with the right key and column, and verify --repair must put it right.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zstd.h>

#include <fstream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "tests/conformance/transload_run.h"
#include "tests/rig/shared_servers.h"
#include "tests/rig/temporary_dir.h"

namespace transload {
namespace {

using testing::HasSubstr;

struct TypeCase {
  std::string table;
  std::string type;   // of MariaDB
  std::string value;  // an expression of i, 1 to 12, whose values differ (two of them for booleans)
  // What "alike" is for values of the type: two rows get more of it, two less, so that their sum
  // stays. Where a type has no sum, four rows pass their values on, so that all values stay.
  std::string step;
};

const std::vector<TypeCase>& Types() {
  static const std::vector<TypeCase> types = {
      {"t_bool", "tinyint(1)", "i % 2", ""},
      {"t_bit1", "bit(1)", "i % 2", ""},
      {"t_smallint", "smallint", "i * 1000 - 5000", "5"},
      {"t_int", "int", "i * 100000000 - 500000000", "5"},
      {"t_bigint", "bigint", "i * 100000000000000000", "5"},
      {"t_unsigned", "bigint unsigned", "18446744073709551615 - i", "5"},
      {"t_numeric", "decimal(40,10)", "i * 1234567890.0123456789", "0.5"},
      {"t_float", "float", "i * 1.1", "2"},
      {"t_double", "double", "i / 3e0", "0.5"},
      {"t_bit", "bit(11)", "i * 100", ""},
      {"t_year", "year", "2000 + i", "1"},
      {"t_char", "char(5)", "concat('é', i)", ""},
      {"t_varchar", "varchar(20)", "concat('ä ', i, ' ')", ""},
      {"t_text", "longtext", "repeat(char(64 + i), 3000)", ""},
      {"t_binary", "binary(4)", "char(i, 0, 1, 0)", ""},
      {"t_blob", "longblob", "concat(char(i), x'00ff')", ""},
      {"t_date", "date", "'2020-02-27' + interval i day", "5"},
      {"t_datetime", "datetime(6)", "'2020-02-28 23:59:59.999999' + interval i microsecond",
       "interval '1 microsecond'"},
      {"t_timestamp", "timestamp(3) null", "'2021-10-31 00:30:00.5' + interval i hour",
       "interval '1 hour'"},
      {"t_time", "time(6)", "sec_to_time(i + 0.25)", "interval '1 second'"},
      {"t_interval", "time", "sec_to_time(-86400 - i)", "interval '1 second'"},
      {"t_enum", "enum('a','b','c','d','e','f','g','h','i','j','k','l')", "i", ""},
      {"t_set", "set('x','y','z','w')", "i", ""},
      {"t_json", "json", "json_object('n', i)", ""},
      {"t_uuid", "uuid", "concat('01234567-89ab-4def-8123-4567890000', 10 + i)", ""},
      {"t_inet6", "inet6", "concat('2001:db8::', i)", ""},
      {"t_geometry", "point", "point(i, -i)", ""},
  };
  return types;
}

// The report is its owner's only: read by this process, not by a child of another user.
std::string Decompressed(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream bytes;
  bytes << file.rdbuf();
  const std::string packed = bytes.str();
  std::string out;
  std::string piece(1 << 16, '\0');
  const std::unique_ptr<ZSTD_DStream, decltype(&ZSTD_freeDStream)> stream(ZSTD_createDStream(),
                                                                          &ZSTD_freeDStream);
  ZSTD_inBuffer in = {packed.data(), packed.size(), 0};
  while (in.pos < in.size) {
    ZSTD_outBuffer to = {piece.data(), piece.size(), 0};
    if (ZSTD_isError(ZSTD_decompressStream(stream.get(), &to, &in)) != 0) return "";
    out.append(piece, 0, to.pos);
  }
  return out;
}

class Corruption : public testing::Test {
 protected:
  void SetUp() override {
    std::string sql = "set time_zone = '+00:00';";
    for (const TypeCase& type : Types()) {
      sql += "create table " + type.table + " (id int primary key, other int, v " + type.type +
             ");insert into " + type.table + " select i, i * 7, " + type.value +
             " from (select cast(seq as signed) as i from seq_1_to_12) n;";
    }
    server_.Execute(sql, source_);
    const TransloadRun run = RunTransload({"run", server_.Url(source_), target_.Url(database_)});
    ASSERT_EQ(run.exit_code, 0) << run.out << run.err;
  }

  // $t stands for the table.
  void Damage(const std::string& sql) {
    std::string all;
    for (const TypeCase& type : Types()) {
      std::string one = sql;
      for (std::size_t at; (at = one.find("$t")) != std::string::npos;) {
        one.replace(at, 2, type.table);
      }
      all += one + ";";
    }
    target_.Execute(all, database_);
  }

  TransloadRun Verify(const std::vector<std::string>& more = {}) {
    std::vector<std::string> arguments = {"verify", server_.Url(source_), target_.Url(database_)};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return RunTransload(arguments);
  }

  // Of every table exactly these differences, as "id=5 v value", and --repair leaves none.
  void ExpectFoundAndRepaired(const std::set<std::string>& expected) {
    const TransloadRun verify = Verify({"--format", "json"});
    ASSERT_EQ(verify.exit_code, 6) << verify.err;
    const nlohmann::json report = nlohmann::json::parse(verify.out);
    std::map<std::string, std::set<std::string>> found;
    for (const nlohmann::json& difference : report["differences"]) {
      const std::string column = difference["column"];
      found[difference["table"]].insert(difference["key"].get<std::string>() + " " +
                                        (column.empty() ? "" : column + " ") +
                                        difference["kind"].get<std::string>());
    }
    for (const TypeCase& type : Types()) {
      EXPECT_EQ(found[source_ + "." + type.table], expected) << type.table;
    }
    const TransloadRun repaired = Verify({"--repair"});
    EXPECT_EQ(repaired.exit_code, 0) << repaired.out << repaired.err;
    EXPECT_EQ(Verify().exit_code, 0);
  }

  rig::MariaDbServer& server_ = rig::SharedMariaDb();
  rig::PostgresServer& target_ = rig::SharedPostgres();
  const std::string source_ = rig::FreshDatabase(server_);
  const std::string database_ = rig::FreshDatabase(target_);
};

TEST_F(Corruption, FindsAChangedValue) {
  Damage("update $t set v = (select v from $t where id = 6) where id = 5");
  ExpectFoundAndRepaired({"id=5 v value"});
}

TEST_F(Corruption, FindsALostRow) {
  Damage("delete from $t where id = 8");
  ExpectFoundAndRepaired({"id=8 missing in target"});
}

TEST_F(Corruption, FindsADoubledRow) {
  Damage("alter table $t drop constraint $t_pkey; insert into $t select * from $t where id = 9");
  ExpectFoundAndRepaired({"id=9 only in target"});
}

TEST_F(Corruption, FindsAnAddedRow) {
  Damage("insert into $t select 99, other, v from $t where id = 9");
  ExpectFoundAndRepaired({"id=99 only in target"});
}

TEST_F(Corruption, FindsSwappedValues) {
  Damage(
      "update $t set v = case id when 5 then (select v from $t where id = 6) else (select v from "
      "$t where id = 5) end where id in (5, 6)");
  ExpectFoundAndRepaired({"id=5 v value", "id=6 v value"});
}

TEST_F(Corruption, FindsAValueThatBecameNull) {
  Damage("update $t set v = null where id = 7");
  ExpectFoundAndRepaired({"id=7 v value"});
}

// Changes to four rows that cancel out in sums and XORs of columns.
TEST_F(Corruption, FindsFourRowsShiftedAlike) {
  std::string sql;
  for (const TypeCase& type : Types()) {
    const std::string table = type.table;
    sql += type.step.empty()
               ? "update " + table + " a set v = b.v from " + table +
                     " b where a.id <= 4 and b.id = a.id % 4 + 1;"
               : "update " + table + " set v = v + " + type.step + " where id <= 2; update " +
                     table + " set v = v - " + type.step + " where id in (3, 4);";
  }
  target_.Execute(sql, database_);
  const rig::TemporaryDir folder;
  EXPECT_EQ(Verify({"--report", folder / "report"}).exit_code, 6);
  // A report shows three of a kind; the file has them all.
  std::map<std::string, std::set<std::string>> found;
  std::istringstream lines(Decompressed(folder / "report/differences.jsonl.zst"));
  for (std::string line; std::getline(lines, line);) {
    const nlohmann::json difference = nlohmann::json::parse(line);
    for (const nlohmann::json& column : difference["columns"]) {
      found[difference["table"]].insert(difference["key"].get<std::string>() + " " +
                                        column["column"].get<std::string>());
    }
  }
  for (const TypeCase& type : Types()) {
    EXPECT_EQ(found[source_ + "." + type.table],
              (std::set<std::string>{"id=1 v", "id=2 v", "id=3 v", "id=4 v"}))
        << type.table;
  }
  EXPECT_EQ(Verify({"--repair"}).exit_code, 0);
}

TEST_F(Corruption, WritesTheRepairAsSql) {
  Damage(
      "update $t set v = (select v from $t where id = 6) where id = 5; delete from $t where id = "
      "8; "
      "insert into $t select 99, other, v from $t where id = 9");
  const rig::TemporaryDir folder;
  const TransloadRun verify = Verify({"--repair=sql", "--report", folder / "report"});
  EXPECT_EQ(verify.exit_code, 6) << verify.err;
  std::ifstream file(folder / "report/repair.sql");
  std::ostringstream sql;
  sql << file.rdbuf();
  EXPECT_THAT(sql.str(),
              HasSubstr("SELECT ctid FROM ONLY \"public\".\"t_int\" WHERE \"id\" = '99'"));
  target_.Execute(sql.str(), database_);
  // Arrays and the like have no literal; the file says so of their tables.
  const TransloadRun left = Verify({"--exclude", "t_set"});
  EXPECT_EQ(left.exit_code, 0) << left.out << sql.str();
}

TEST_F(Corruption, RepairsATableWithoutAKeyByItsRanges) {
  server_.Execute(
      "create table keyless (a int, b text); insert into keyless values (1,'x'),(1,'x'),"
      "(2,'y')",
      source_);
  target_.Execute(
      "create table keyless (a int, b text); insert into keyless values (1,'x'),(3,'z')",
      database_);
  EXPECT_EQ(Verify({"--include", "keyless"}).exit_code, 6);
  const TransloadRun repaired = Verify({"--include", "keyless", "--repair"});
  EXPECT_EQ(repaired.exit_code, 0) << repaired.out << repaired.err;
  EXPECT_EQ(target_.QueryValue("select string_agg(a || b, ',' order by a) from keyless", database_),
            "1x,1x,2y");
}

TEST_F(Corruption, SyncCatchesUpWithAChangingSource) {
  server_.Execute(
      "insert into t_int values (50, 1, 2); update t_text set v = 'new' where id = 3;"
      "delete from t_date where id = 4",
      source_);
  const TransloadRun sync = RunTransload({"sync", server_.Url(source_), target_.Url(database_)});
  EXPECT_EQ(sync.exit_code, 0) << sync.out << sync.err;
  EXPECT_THAT(sync.out, HasSubstr("round 1: 3 rows in 3 tables differed and were repaired"));
  EXPECT_THAT(sync.out, HasSubstr("round 2: 0 rows"));
  EXPECT_THAT(sync.out, HasSubstr("a cut-over now would take about"));
  server_.Execute("update t_int set other = 0 where id = 50", source_);
  const TransloadRun last =
      RunTransload({"sync", server_.Url(source_), target_.Url(database_), "--final"});
  EXPECT_EQ(last.exit_code, 0) << last.out << last.err;
  EXPECT_THAT(last.out, HasSubstr("transload run --refresh-sequences"));
  EXPECT_EQ(target_.QueryValue("select other from t_int where id = 50", database_), "0");
}

}  // namespace
}  // namespace transload
