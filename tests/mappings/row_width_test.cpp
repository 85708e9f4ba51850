// What the plan takes a row's width for, and what a real server's page holds.
#include "mappings/row_width.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "tests/rig/shared_servers.h"

namespace transload {
namespace {

constexpr std::size_t kMostColumns = 1600;

// A type, and a value that takes as much of a row as its values may, in SQL.
const std::pair<std::string, std::string> kWidest[] = {
    {"bool", "true"},
    {"smallint", "1"},
    {"integer", "1"},
    {"bigint", "1"},
    {"real", "1"},
    {"double precision", "1"},
    {"money", "1"},
    {"numeric(5,2)", "999.99"},
    {"numeric(20,0)", "99999999999999999999"},
    {"numeric(40,0)", "repeat('9', 40)::numeric"},
    {"text", "repeat('x', 23)"},
    {"varchar(3)", R"(repeat(U&'\+020000', 3))"},
    {"char(5)", R"(repeat(U&'\+020000', 5))"},
    {"bytea", "'12345678901234567890123'"},
    {"date", "'2000-01-01'"},
    {"time", "'12:00'"},
    {"timetz", "'12:00+01'"},
    {"timestamp", "'2000-01-01'"},
    {"timestamptz", "'2000-01-01'"},
    {"interval", "'1 day'"},
    {"uuid", "'00000000-0000-0000-0000-000000000001'"},
    {"json", "'[1234567890,1234567890]'"},
    {"jsonb", R"('"123456789012345"')"},
    {"bit(64)", "repeat('1', 64)::bit(64)"},
    {"inet", "'2001:db8::1/64'"},
    {"macaddr", "'00:00:00:00:00:01'"},
    {"point", "'(1,2)'"},
};

std::size_t Bytes(const std::string& type, std::size_t columns) {
  return MostBytesInRow(std::vector<PgType>(columns, ParsePgType(type)));
}

TEST(RowWidth, IsWhatThePageHolds) {
  rig::PostgresServer& server = rig::SharedPostgres();
  const std::string database = rig::FreshDatabase(server);
  for (const auto& [type, value] : kWidest) {
    SCOPED_TRACE(type);
    const auto fits = [&, type = type, value = value](std::size_t columns) {
      std::string definition, values;
      for (std::size_t i = 0; i < columns; ++i) {
        definition += fmt::format("{}c{} {}", i == 0 ? "" : ", ", i, type);
        values += (i == 0 ? "" : ", ") + value;
      }
      server.Execute("create table t (" + definition + ")", database);
      bool held = true;
      try {
        server.Execute("insert into t values (" + values + ")", database);
      } catch (const std::exception& error) {
        held = std::string(error.what()).find("row is too big") == std::string::npos;
        EXPECT_FALSE(held) << error.what();
      }
      server.Execute("drop table t", database);
      return held;
    };
    std::size_t columns = 1;
    while (columns < kMostColumns && Bytes(type, columns + 1) <= kRowBytesOfPage) ++columns;
    EXPECT_TRUE(fits(columns)) << columns;
    // A row without NULL has no bitmap of them, which gives the page room for a few more.
    const std::size_t too_many = columns + 4 + columns / 8 * columns / kRowBytesOfPage;
    if (too_many <= kMostColumns) {
      EXPECT_FALSE(fits(too_many)) << too_many;
    }
  }
}

}  // namespace
}  // namespace transload
