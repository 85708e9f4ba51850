// Names, defaults and comments that try to break out of their quotes: they arrive as they are, and
// nothing else happens.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "tests/conformance/transload_run.h"
#include "tests/rig/mysql_server.h"
#include "tests/rig/postgres_server.h"
#include "tests/rig/shared_servers.h"
#include "tests/rig/sqlite_file.h"
#include "tests/rig/temporary_dir.h"

namespace transload {
namespace {

using testing::UnorderedElementsAreArray;

// None of them longer than the 63 bytes that PostgreSQL keeps.
const std::vector<std::string> kNames = {"a\"b'c;drop table safe;--",
                                         "new\nline\ttab",
                                         "select",
                                         "$$;$1 %s {} \\",
                                         "Ünï☃ `x`",
                                         "*/ /* --"};

std::string Quoted(const std::string& name, char quote) {
  std::string out(1, quote);
  for (char c : name) out.append(c == quote ? 2 : 1, c);
  return out + quote;
}

class HostileNames : public testing::Test {
 protected:
  // Each table has each name as a column, too, and one row of values that are as bad.
  std::string Script(char quote, const std::string& text_type) const {
    std::string sql;
    for (const std::string& table : kNames) {
      std::string columns, values;
      for (const std::string& column : kNames) {
        columns += fmt::format(", {} {} default '''); drop table safe; --'", Quoted(column, quote),
                               text_type);
        values += ", 'it''s \"; drop table safe; --'";
      }
      sql += fmt::format("create table {} (id integer primary key{});\n", Quoted(table, quote),
                         columns);
      sql += fmt::format("insert into {} values (1{});\n", Quoted(table, quote), values);
      sql += fmt::format("create index {} on {} ({});\n", Quoted(table + "!", quote),
                         Quoted(table, quote), Quoted(kNames[0], quote));
    }
    return sql + "create table safe (id integer primary key); insert into safe values (1);\n";
  }
  void ExpectArrives(const std::string& source, const std::vector<std::string>& more = {}) {
    std::vector<std::string> arguments = {"run", source, target_.Url(database_), "--identifiers",
                                          "preserve"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    TransloadRun run = RunTransload(arguments);
    EXPECT_EQ(run.exit_code, 0) << run.out << run.err;
    std::set<std::string> wanted(kNames.begin(), kNames.end());
    EXPECT_THAT(Names("select tablename from pg_tables where schemaname = 'public' and tablename "
                      "not in ('safe', 'nothing')"),
                UnorderedElementsAreArray(wanted));
    EXPECT_THAT(Names("select distinct attname from pg_attribute a join pg_class c on "
                      "c.oid = attrelid and relkind = 'r' where attnum > 1 and "
                      "relnamespace = 'public'::regnamespace"),
                UnorderedElementsAreArray(wanted));
    for (const std::string& table : kNames) {
      const std::string from = "from public." + Quoted(table, '"');
      EXPECT_EQ(
          target_.QueryValue(fmt::format("select {} {}", Quoted(kNames[1], '"'), from), database_),
          "it's \"; drop table safe; --");
    }
    EXPECT_EQ(target_.QueryValue("select count(*) from safe", database_), "1");
    // The defaults came along as text.
    target_.Execute(fmt::format("insert into {} (id) values (2)", Quoted(kNames[0], '"')),
                    database_);
    EXPECT_EQ(target_.QueryValue(fmt::format("select {} from {} where id = 2",
                                             Quoted(kNames[0], '"'), Quoted(kNames[0], '"')),
                                 database_),
              "'); drop table safe; --");
    target_.Execute(fmt::format("delete from {} where id = 2", Quoted(kNames[0], '"')), database_);
    TransloadRun verified = RunTransload({"verify", source, target_.Url(database_)});
    EXPECT_EQ(verified.exit_code, 0) << verified.out << verified.err;
    TransloadRun undone = RunTransload({"undo", target_.Url(database_)});
    EXPECT_EQ(undone.exit_code, 0) << undone.out << undone.err;
    EXPECT_EQ(
        target_.QueryValue("select count(*) from pg_tables where schemaname = 'public'", database_),
        "0");
  }
  std::vector<std::string> Names(const std::string& sql) const {
    std::vector<std::string> names;
    for (const rig::Row& row : target_.Query(sql, database_)) names.push_back(row[0].value());
    return names;
  }

  rig::PostgresServer& target_ = rig::SharedPostgres();
  std::string database_ = rig::FreshDatabase(target_);
};

TEST_F(HostileNames, ArriveFromMariaDb) {
  rig::MariaDbServer& source = rig::SharedMariaDb();
  const std::string schema = rig::FreshDatabase(source);
  source.Execute("set names utf8mb4;" + Script('`', "varchar(100)") +
                     fmt::format("alter table {} comment 'it''s */ $$; drop table safe; --\\\\';",
                                 Quoted(kNames[0], '`')),
                 schema);
  ExpectArrives(source.Url(schema));
}

TEST_F(HostileNames, ArriveFromSqlite) {
  rig::TemporaryDir dir;
  const std::string path = dir / "a'b;c.db";
  rig::MakeSqliteFile(path, Script('"', "text"));
  ExpectArrives("sqlite://" + path);
}

TEST_F(HostileNames, ArriveFromPostgres) {
  const std::string source = rig::FreshDatabase(target_);
  target_.Execute(Script('"', "text") +
                      fmt::format("comment on table {} is 'it''s */ $$; drop table safe; --\\';"
                                  "create table nothing ();",
                                  Quoted(kNames[0], '"')),
                  source);
  ExpectArrives(target_.Url(source));
}

}  // namespace
}  // namespace transload
