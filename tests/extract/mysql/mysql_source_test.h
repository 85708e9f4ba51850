// What the server tests of the MySQL adapter share: a source on a fresh database.
#ifndef TRANSLOAD_TESTS_EXTRACT_MYSQL_MYSQL_SOURCE_TEST_H_
#define TRANSLOAD_TESTS_EXTRACT_MYSQL_MYSQL_SOURCE_TEST_H_

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "core/error.h"
#include "extract/source.h"
#include "tests/rig/shared_servers.h"

namespace transload {

// The parameter names the server: "mariadb", or a version of MySQL.
class MySqlSourceTest : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override { database_ = rig::FreshDatabase(server()); }

  rig::MySqlFamilyServer& server() const {
    if (GetParam() == "mariadb") return rig::SharedMariaDb();
    return rig::SharedMySql(GetParam());
  }
  bool mariadb() const { return GetParam() == "mariadb"; }
  bool old() const { return GetParam() == "5.6"; }

  void Execute(const std::string& sql) { server().Execute(sql, database_); }
  std::string Value(const std::string& sql) { return server().QueryValue(sql, database_); }

  Options MakeOptions() const {
    Options options;
    options.source_url = server().Url(database_);
    return options;
  }
  std::unique_ptr<Source> Open() const { return OpenSource(MakeOptions()); }

  // Numbers 0 .. 10^digits - 1, as a derived table n(i).
  static std::string Numbers(int digits) {
    const std::string ten =
        "(SELECT 0 AS d UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT "
        "4 "
        "UNION ALL SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL "
        "SELECT 9)";
    std::string sum = "0";
    std::string from;
    for (int i = 0; i < digits; ++i) {
      std::string name = "t" + std::to_string(i);
      sum += " + " + name + ".d * 1" + std::string(static_cast<std::size_t>(i), '0');
      from += (i > 0 ? " CROSS JOIN " : "") + ten + " " + name;
    }
    return "(SELECT " + sum + " AS i FROM " + from + ") n";
  }

  static ReadRequest RequestFor(const SourceTable& table) {
    ReadRequest request;
    request.schema = table.schema;
    request.table = table.name;
    for (const SourceColumn& column : table.columns) {
      request.columns.push_back({column.name, column.select_expression, column.format});
    }
    return request;
  }

  // Rows as their framed bytes.
  static std::vector<std::string> ReadAll(RowReader& reader, const ReadRequest& request) {
    std::vector<std::string> rows;
    RowBatch batch;
    reader.Open(request);
    for (bool more = true; more;) {
      batch.Clear();
      more = reader.Read(batch);
      for (std::size_t i = 0; i < batch.rows(); ++i) rows.emplace_back(batch.Row(i));
    }
    return rows;
  }

  static SourceTable TableNamed(Source& source, const std::string& name) {
    SourceCatalogue catalogue = source.ReadCatalogue();
    for (const SourceTable& table : catalogue.tables) {
      if (table.name == name) return table;
    }
    throw std::runtime_error("no table " + name);
  }

  std::string database_;
};

}  // namespace transload

#endif  // TRANSLOAD_TESTS_EXTRACT_MYSQL_MYSQL_SOURCE_TEST_H_
