// Indexes, foreign keys and checks.
#include <fmt/format.h>

#include <algorithm>

#include "extract/mysql/catalogue.h"
#include "extract/mysql/default_value.h"
#include "extract/mysql/sql_text.h"

namespace transload::mysql {
namespace {

IndexKind KindOf(const std::string& name, const std::string& type, bool unique) {
  if (name == "PRIMARY") return IndexKind::kPrimary;
  if (type == "FULLTEXT") return IndexKind::kFulltext;
  if (type == "SPATIAL") return IndexKind::kSpatial;
  if (unique) return IndexKind::kUnique;
  return type == "BTREE" || type == "HASH" || type == "RTREE" ? IndexKind::kPlain
                                                              : IndexKind::kOther;
}

SourceIndexPart ReadPart(const SqlResult& rows, std::size_t row, IndexKind kind, bool escaped) {
  SourceIndexPart part;
  part.column = rows.Text(row, "COLUMN_NAME");
  if (part.column.empty()) {
    part.expression = PlainExpression(rows.Text(row, "EXPRESSION"), escaped);
  }
  part.descending = rows.Text(row, "COLLATION") == "D";
  // Of a spatial index it is the size of a box, not a prefix.
  if (kind != IndexKind::kSpatial && kind != IndexKind::kFulltext) {
    if (SqlValue prefix = rows.Value(row, "SUB_PART")) part.prefix_length = std::stoll(*prefix);
  }
  return part;
}

bool IsJsonAlias(const SourceTable& table, const std::string& column) {
  const SourceColumn* found = table.FindColumn(column);
  return found != nullptr && found->type == "longtext" && found->collation == "utf8mb4_bin";
}

void MarkJsonAlias(SourceTable& table, const std::string& name) {
  for (SourceColumn& column : table.columns) {
    if (column.name == name) column.is_json_alias = true;
  }
}

// STATISTICS shows the end and the start of the period as the last parts of such a key, and a
// period is a check.
bool MayForbidOverlaps(const SourceTable& table, const SourceIndex& index) {
  const bool unique = index.kind == IndexKind::kPrimary || index.kind == IndexKind::kUnique;
  if (!unique || index.parts.size() < 2) return false;
  const std::string end = QuoteName(index.parts[index.parts.size() - 2].column);
  const std::string start = QuoteName(index.parts.back().column);
  return std::any_of(table.checks.begin(), table.checks.end(), [&](const SourceCheck& check) {
    return check.expression == start + " < " + end;
  });
}

// The key's line of SHOW CREATE TABLE; empty where there is none.
std::string DefinitionOf(const SourceIndex& index, const std::string& statement) {
  const std::string begin = index.kind == IndexKind::kPrimary
                                ? "\n  PRIMARY KEY ("
                                : fmt::format("\n  UNIQUE KEY {} (", QuoteName(index.name));
  const std::size_t at = statement.find(begin);
  if (at == std::string::npos) return {};
  return statement.substr(at + 3, statement.find('\n', at + 1) - at - 3);
}

}  // namespace

void ReadIndexes(CatalogueScope& scope) {
  SqlResult rows = scope.Query(
      fmt::format("SELECT * FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = {} ORDER BY "
                  "TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX",
                  QuoteText(scope.database)));
  scope.MendExpressions(rows, "EXPRESSION");
  for (std::size_t i = 0; i < rows.rows.size(); ++i) {
    SourceTable* table = scope.Table(rows.Text(i, "TABLE_NAME"));
    if (table == nullptr) continue;
    std::string name = rows.Text(i, "INDEX_NAME");
    if (table->indexes.empty() || table->indexes.back().name != name) {
      SourceIndex& index = table->indexes.emplace_back();
      index.name = name;
      index.method = rows.Text(i, "INDEX_TYPE");
      index.kind = KindOf(name, index.method, rows.Text(i, "NON_UNIQUE") == "0");
      index.comment = rows.Text(i, "INDEX_COMMENT");
      index.invisible = rows.Text(i, "IS_VISIBLE") == "NO" || rows.Text(i, "IGNORED") == "YES";
    }
    SourceIndex& index = table->indexes.back();
    const bool unique = index.kind == IndexKind::kPrimary || index.kind == IndexKind::kUnique;
    const auto row_end = scope.row_ends.find(table->name);
    // MariaDB adds it to unique keys, so that history may hold a key many times. Current rows do
    // not.
    if (unique && !index.parts.empty() && row_end != scope.row_ends.end() &&
        row_end->second == rows.Text(i, "COLUMN_NAME")) {
      continue;
    }
    index.parts.push_back(ReadPart(rows, i, index.kind, !scope.version.mariadb));
  }
}

void ReadForeignKeys(CatalogueScope& scope) {
  std::string database = QuoteText(scope.database);
  SqlResult rules = scope.Query(
      "SELECT TABLE_NAME, CONSTRAINT_NAME, UPDATE_RULE, DELETE_RULE FROM "
      "information_schema.REFERENTIAL_CONSTRAINTS WHERE CONSTRAINT_SCHEMA = " +
      database);
  std::map<std::pair<std::string, std::string>, std::size_t> rule_rows;
  for (std::size_t i = 0; i < rules.rows.size(); ++i) {
    rule_rows[{rules.Text(i, "TABLE_NAME"), rules.Text(i, "CONSTRAINT_NAME")}] = i;
  }
  SqlResult rows = scope.Query(
      "SELECT TABLE_NAME, CONSTRAINT_NAME, COLUMN_NAME, REFERENCED_TABLE_SCHEMA, "
      "REFERENCED_TABLE_NAME, REFERENCED_COLUMN_NAME FROM information_schema.KEY_COLUMN_USAGE "
      "WHERE TABLE_SCHEMA = " +
      database +
      " AND REFERENCED_TABLE_NAME IS NOT NULL ORDER BY TABLE_NAME, CONSTRAINT_NAME, "
      "ORDINAL_POSITION");
  for (std::size_t i = 0; i < rows.rows.size(); ++i) {
    std::string table_name = rows.Text(i, "TABLE_NAME");
    SourceTable* table = scope.Table(table_name);
    if (table == nullptr) continue;
    std::string name = rows.Text(i, "CONSTRAINT_NAME");
    if (table->foreign_keys.empty() || table->foreign_keys.back().name != name) {
      SourceForeignKey& key = table->foreign_keys.emplace_back();
      key.name = name;
      key.parent_schema = rows.Text(i, "REFERENCED_TABLE_SCHEMA");
      key.parent_table = rows.Text(i, "REFERENCED_TABLE_NAME");
      auto rule = rule_rows.find({table_name, name});
      if (rule != rule_rows.end()) {
        key.on_update = rules.Text(rule->second, "UPDATE_RULE");
        key.on_delete = rules.Text(rule->second, "DELETE_RULE");
      }
    }
    table->foreign_keys.back().columns.push_back(rows.Text(i, "COLUMN_NAME"));
    table->foreign_keys.back().parent_columns.push_back(rows.Text(i, "REFERENCED_COLUMN_NAME"));
  }
}

void ReadChecks(CatalogueScope& scope) {
  std::string database = QuoteText(scope.database);
  std::string sql;
  if (scope.version.mariadb) {
    sql =
        "SELECT TABLE_NAME, CONSTRAINT_NAME, CHECK_CLAUSE, 'YES' AS ENFORCED FROM "
        "information_schema.CHECK_CONSTRAINTS WHERE CONSTRAINT_SCHEMA = " +
        database + " ORDER BY TABLE_NAME, CONSTRAINT_NAME";
  } else if (scope.version.MySqlSince(80016)) {
    sql =
        "SELECT t.TABLE_NAME, c.CONSTRAINT_NAME, c.CHECK_CLAUSE, t.ENFORCED FROM "
        "information_schema.CHECK_CONSTRAINTS c JOIN information_schema.TABLE_CONSTRAINTS t ON "
        "t.CONSTRAINT_SCHEMA = c.CONSTRAINT_SCHEMA AND t.CONSTRAINT_NAME = c.CONSTRAINT_NAME "
        "AND t.CONSTRAINT_TYPE = 'CHECK' WHERE c.CONSTRAINT_SCHEMA = " +
        database + " ORDER BY t.TABLE_NAME, c.CONSTRAINT_NAME";
  } else {
    return;
  }
  SqlResult rows = scope.Query(sql);
  scope.MendExpressions(rows, "CHECK_CLAUSE");
  for (std::size_t i = 0; i < rows.rows.size(); ++i) {
    SourceTable* table = scope.Table(rows.Text(i, "TABLE_NAME"));
    if (table == nullptr) continue;
    SourceCheck check;
    check.name = rows.Text(i, "CONSTRAINT_NAME");
    check.expression = PlainExpression(rows.Text(i, "CHECK_CLAUSE"), !scope.version.mariadb);
    check.enforced = rows.Text(i, "ENFORCED") != "NO";
    std::string json = scope.version.mariadb ? JsonValidColumn(check.expression) : "";
    if (!json.empty() && json == check.name && IsJsonAlias(*table, json)) {
      MarkJsonAlias(*table, json);
    } else {
      table->checks.push_back(std::move(check));
    }
  }
}

void NoteLostOverlaps(CatalogueScope& scope) {
  if (!scope.version.mariadb) return;
  for (const SourceTable& table : scope.catalogue.tables) {
    std::string statement;
    for (const SourceIndex& index : table.indexes) {
      if (!MayForbidOverlaps(table, index)) continue;
      if (statement.empty()) {
        statement = scope.Query("SHOW CREATE TABLE " + QuoteTable(table.schema, table.name))
                        .Text(0, "Create Table");
      }
      std::string definition = DefinitionOf(index, statement);
      if (definition.find("` WITHOUT OVERLAPS)") == std::string::npos) continue;
      if (definition.ends_with(',')) definition.pop_back();
      scope.catalogue.not_migrated.push_back(
          {"rule of a key", fmt::format("{}.{}.{}", table.schema, table.name, index.name),
           "WITHOUT OVERLAPS is not translated: the key in the target lets periods overlap",
           std::move(definition)});
    }
  }
}

}  // namespace transload::mysql
