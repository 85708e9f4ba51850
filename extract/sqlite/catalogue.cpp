#include "extract/sqlite/catalogue.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "core/ascii.h"
#include "extract/sqlite/declared_type.h"
#include "extract/sqlite/foreign_keys.h"
#include "extract/sqlite/schema_sql.h"
#include "extract/sqlite/sql_tokens.h"
#include "extract/sqlite/table_key.h"
#include "extract/sqlite/table_scan.h"

namespace transload::sqlite {
namespace {

// Below this size a table is counted; a larger one is estimated.
constexpr std::uint64_t kCountedFileBytes = std::uint64_t{256} << 20;

struct ListedTable {
  std::string name;
  std::string kind;  // "table", "view", "virtual", "shadow"
  bool without_rowid = false;
  bool strict = false;
  std::string sql;
};

class TableReader {
 public:
  TableReader(Connection& connection, const ListedTable& listed, SourceCatalogue& catalogue)
      : connection_(connection), listed_(listed), catalogue_(catalogue) {}

  SourceTable Read(std::uint64_t file_bytes) {
    connection_.set_table(listed_.name);
    table_.name = listed_.name;
    table_.definition = listed_.sql;
    table_.engine = Storage();
    sql_ = ParseTableSql(listed_.sql);
    key_ = FindTableKey(connection_, listed_.name);
    ReadColumns();
    ReadIndexes();
    table_.foreign_keys = ReadForeignKeys(connection_, listed_.name, sql_);
    LeaveOutWhatNeedsColumnsLeftOut();
    for (const TableSql::Check& check : sql_.checks) {
      table_.checks.push_back({check.name, check.expression, true});
    }
    DemotePrimaryKeyWithNulls();
    Estimate(file_bytes);
    table_.next_auto_value = ReadNextAutoValue(connection_, listed_.name);
    return std::move(table_);
  }

 private:
  std::string Storage() const {
    std::string storage = listed_.without_rowid ? "WITHOUT ROWID" : "";
    if (listed_.strict) storage += storage.empty() ? "STRICT" : ", STRICT";
    return storage;
  }

  bool IsRowidAlias(const std::string& column) const {
    return !primary_.empty() && primary_.size() == 1 && key_.by == SplitBy::kRowid &&
           key_.rowid == column && primary_.front() == column;
  }

  void ReadColumns() {
    std::map<std::int64_t, std::string> primary;
    {
      Statement row(connection_, fmt::format("SELECT name, pk FROM pragma_table_xinfo({})",
                                             QuoteText(listed_.name)));
      while (row.Step()) {
        if (row.Integer(1) > 0) primary[row.Integer(1)] = row.Text(0);
      }
    }
    for (const auto& [position, name] : primary) primary_.push_back(name);
    Statement row(connection_, fmt::format("SELECT name, type, \"notnull\", dflt_value, pk, hidden "
                                           "FROM pragma_table_xinfo({})",
                                           QuoteText(listed_.name)));
    while (row.Step()) {
      if (row.Integer(5) == 1) continue;  // of a virtual table
      if (row.Integer(5) != 2 || CanBeComputed(row.Text(0))) AddColumn(row);
    }
  }

  // The values of a VIRTUAL column that needs a function of the application are nowhere in the
  // file.
  bool CanBeComputed(const std::string& column) {
    const std::string why_not = connection_.WhyNotCompiled(
        fmt::format("SELECT {} FROM main.{}", QuoteName(column), QuoteName(listed_.name)));
    if (why_not.empty()) return true;
    const TableSql::Column* written = sql_.FindColumn(column);
    catalogue_.not_migrated.push_back(
        {"generated column", listed_.name + "." + column,
         "SQLite cannot compute it without the application that made the database: " + why_not,
         written == nullptr ? "" : written->generation_expression});
    left_out_.push_back(column);
    return false;
  }

  bool IsLeftOut(const std::string& column) const {
    return std::any_of(left_out_.begin(), left_out_.end(),
                       [&](const std::string& name) { return EqualIgnoringCase(name, column); });
  }

  void LeaveOutWhatNeedsColumnsLeftOut() {
    std::erase_if(table_.indexes, [&](const SourceIndex& index) {
      const bool needs = std::any_of(index.parts.begin(), index.parts.end(),
                                     [&](const auto& part) { return IsLeftOut(part.column); });
      if (needs) {
        catalogue_.not_migrated.push_back(
            {"index", listed_.name + "." + index.name, "a column of it is not migrated", ""});
      }
      return needs;
    });
    std::erase_if(table_.foreign_keys, [&](const SourceForeignKey& key) {
      const bool needs = std::any_of(key.columns.begin(), key.columns.end(),
                                     [&](const std::string& name) { return IsLeftOut(name); });
      if (needs) {
        catalogue_.not_migrated.push_back(
            {"foreign key", fmt::format("{}({})", listed_.name, fmt::join(key.columns, ", ")),
             "a column of it is not migrated", ""});
      }
      return needs;
    });
  }

  void AddColumn(const Statement& row) {
    SourceColumn column;
    column.name = row.Text(0);
    SetDeclaredType(column, row.Text(1));
    column.format = CellFormat::kDynamic;
    const bool in_key = row.Integer(4) > 0;
    column.auto_increment = IsRowidAlias(column.name);
    column.nullable = row.Integer(2) == 0 && !column.auto_increment &&
                      !(in_key && (listed_.without_rowid || listed_.strict));
    if (!row.IsNull(3)) column.default_value = ParseDefault(row.Text(3));
    const TableSql::Column* written = sql_.FindColumn(column.name);
    if (written != nullptr && !EqualIgnoringCase(written->collation, "BINARY")) {
      column.collation = written->collation;
    }
    if (row.Integer(5) >= 2) {
      column.generation_expression = written == nullptr ? "" : written->generation_expression;
      if (column.generation_expression.empty()) column.generation_expression = "NULL";
      column.generated_stored = row.Integer(5) == 3;
      SetDeclaredType(column, WithoutGenerated(column.full_type));
      column.default_value.reset();
    }
    table_.columns.push_back(std::move(column));
  }

  // PRAGMA table_xinfo prints "INT GENERATED ALWAYS" as the type of a generated column.
  static std::string WithoutGenerated(const std::string& type) {
    const std::string lower = LowerAscii(type);
    const std::size_t at = lower.rfind("generated always");
    if (at == std::string::npos) return type;
    return type.substr(0, at == 0 ? 0 : type.find_last_not_of(' ', at - 1) + 1);
  }

  void ReadIndexes() {
    bool primary_listed = false;
    Statement list(connection_, fmt::format("SELECT l.name, l.\"unique\", l.origin, s.sql "
                                            "FROM pragma_index_list({}) AS l LEFT JOIN "
                                            "main.sqlite_schema AS s ON s.type = 'index' "
                                            "AND s.name = l.name ORDER BY l.seq DESC",
                                            QuoteText(listed_.name)));
    while (list.Step()) {
      SourceIndex index;
      index.name = list.Text(0);
      const std::string origin = list.Text(2);
      index.kind = origin == "pk"         ? IndexKind::kPrimary
                   : list.Integer(1) != 0 ? IndexKind::kUnique
                                          : IndexKind::kPlain;
      primary_listed = primary_listed || origin == "pk";
      const IndexSql sql = ParseIndexSql(list.Text(3));
      index.predicate = sql.predicate;
      ReadParts(index, sql);
      if (origin != "c") index.name = ConstraintName(index);
      table_.indexes.push_back(std::move(index));
    }
    if (primary_.empty() || primary_listed) return;
    SourceIndex index;  // the rowid's alias, or the table itself
    index.kind = IndexKind::kPrimary;
    for (const std::string& column : primary_) index.parts.emplace_back().column = column;
    index.name = ConstraintName(index);
    table_.indexes.insert(table_.indexes.begin(), std::move(index));
  }

  void ReadParts(SourceIndex& index, const IndexSql& sql) {
    Statement row(connection_,
                  fmt::format("SELECT cid, name, \"desc\", coll "
                              "FROM pragma_index_xinfo({}) WHERE key = 1 ORDER BY seqno",
                              QuoteText(index.name)));
    while (row.Step()) {
      const std::size_t number = index.parts.size();
      SourceIndexPart& part = index.parts.emplace_back();
      const std::int64_t column = row.Integer(0);
      if (column == -2) {
        part.expression = number < sql.parts.size() ? sql.parts[number] : "";
      } else {
        part.column = column == -1 ? key_.rowid : row.Text(1);
      }
      part.descending = row.Integer(2) != 0;
      const std::string collation = row.Text(3);
      const SourceColumn* of = table_.FindColumn(part.column);
      const std::string usual = of == nullptr || of->collation.empty() ? "BINARY" : of->collation;
      if (!EqualIgnoringCase(collation, usual)) part.collation = collation;
    }
  }

  // SQLite's own names of such indexes (sqlite_autoindex_t_1) say nothing.
  std::string ConstraintName(const SourceIndex& index) const {
    const bool primary = index.kind == IndexKind::kPrimary;
    std::vector<std::string> columns;
    for (const SourceIndexPart& part : index.parts) columns.push_back(part.column);
    for (const TableSql::Key& key : sql_.keys) {
      if (key.name.empty() || key.primary != primary) continue;
      const bool same = std::equal(key.columns.begin(), key.columns.end(), columns.begin(),
                                   columns.end(), EqualIgnoringCase);
      if (primary || same) return key.name;
    }
    if (primary) return listed_.name + "_pkey";
    return fmt::format("{}_{}_key", listed_.name, fmt::join(columns, "_"));
  }

  // Only an INTEGER PRIMARY KEY, WITHOUT ROWID and STRICT keep NULL out of a primary key.
  void DemotePrimaryKeyWithNulls() {
    if (listed_.without_rowid || listed_.strict || primary_.empty()) return;
    std::vector<std::string> nulls;
    for (const std::string& column : primary_) {
      const SourceColumn* found = table_.FindColumn(column);
      if (found != nullptr && found->nullable) nulls.push_back(QuoteName(column) + " IS NULL");
    }
    if (nulls.empty()) return;
    const std::int64_t rows =
        connection_.Integer(fmt::format("SELECT count(*) FROM main.{} WHERE {}",
                                        QuoteName(listed_.name), fmt::join(nulls, " OR ")));
    if (rows == 0) return;
    for (SourceIndex& index : table_.indexes) {
      if (index.kind == IndexKind::kPrimary) index.kind = IndexKind::kUnique;
    }
    catalogue_.notes.push_back(fmt::format(
        "{}: the primary key ({}) holds NULL in {} rows, which SQLite allows and PostgreSQL does "
        "not: it becomes a unique index",
        listed_.name, fmt::join(primary_, ", "), rows));
  }

  void Estimate(std::uint64_t file_bytes) {
    const std::uint64_t row_bytes = SampleRowBytes(connection_, listed_.name);
    if (row_bytes == 0) return;
    if (file_bytes <= kCountedFileBytes) {
      table_.estimated_rows = static_cast<std::uint64_t>(
          connection_.Integer("SELECT count(*) FROM main." + QuoteName(listed_.name)));
    } else {
      table_.estimated_rows = EstimateRows(file_bytes / (row_bytes + 4));
    }
    table_.estimated_bytes = table_.estimated_rows * row_bytes;
  }

  // From sqlite_stat1 where ANALYZE has run, else from the span of the rowids; both may be wrong.
  std::uint64_t EstimateRows(std::uint64_t most) {
    if (connection_.Integer("SELECT count(*) FROM sqlite_schema WHERE name = 'sqlite_stat1'") > 0) {
      const std::int64_t rows = connection_.Integer(
          fmt::format("SELECT CAST(stat AS INTEGER) FROM sqlite_stat1 WHERE tbl = {} LIMIT 1",
                      QuoteText(listed_.name)));
      if (rows > 0) return static_cast<std::uint64_t>(rows);
    }
    if (key_.by != SplitBy::kRowid) return most;
    const std::string rowid = key_.Sql();
    Statement row(connection_, fmt::format("SELECT (SELECT min({0}) FROM main.{1}), "
                                           "(SELECT max({0}) FROM main.{1})",
                                           rowid, QuoteName(listed_.name)));
    if (!row.Step()) return most;
    const std::uint64_t span =
        static_cast<std::uint64_t>(row.Integer(1)) - static_cast<std::uint64_t>(row.Integer(0));
    return std::min(span == ~std::uint64_t{0} ? span : span + 1, most);
  }

  Connection& connection_;
  const ListedTable& listed_;
  SourceCatalogue& catalogue_;
  SourceTable table_;
  TableSql sql_;
  TableKey key_;
  std::vector<std::string> primary_;
  std::vector<std::string> left_out_;
};

std::vector<ListedTable> ListTables(Connection& connection) {
  std::vector<ListedTable> tables;
  Statement row(connection,
                "SELECT l.name, l.type, l.wr, l.strict, s.sql FROM pragma_table_list AS l "
                "JOIN main.sqlite_schema AS s ON s.name = l.name AND s.type IN ('table', 'view') "
                "WHERE l.schema = 'main' ORDER BY s.rowid");
  while (row.Step()) {
    const std::string name = row.Text(0);
    if (EqualIgnoringCase(std::string_view(name).substr(0, 7), "sqlite_")) continue;
    tables.push_back({name, row.Text(1), row.Integer(2) != 0, row.Integer(3) != 0, row.Text(4)});
  }
  return tables;
}

void ListOthers(Connection& connection, const std::vector<ListedTable>& tables,
                SourceCatalogue& catalogue) {
  for (const ListedTable& table : tables) {
    if (table.kind == "view") {
      catalogue.not_migrated.push_back(
          {"view", table.name, "views are not carried over", table.sql});
    } else if (table.kind == "virtual") {
      catalogue.not_migrated.push_back(
          {"virtual table", table.name, "its content belongs to a SQLite module", table.sql});
    } else if (table.kind == "shadow") {
      catalogue.not_migrated.push_back(
          {"shadow table", table.name, "it is the store of a virtual table", table.sql});
    }
  }
  Statement row(connection,
                "SELECT name, sql FROM main.sqlite_schema WHERE type = 'trigger' ORDER BY rowid");
  while (row.Step()) {
    catalogue.not_migrated.push_back(
        {"trigger", row.Text(0), "triggers are not carried over", row.Text(1)});
  }
}

}  // namespace

SourceCatalogue ReadCatalogue(Connection& connection, std::uint64_t file_bytes) {
  SourceCatalogue catalogue;
  const std::vector<ListedTable> tables = ListTables(connection);
  for (const ListedTable& listed : tables) {
    if (listed.kind != "table") continue;
    catalogue.tables.push_back(TableReader(connection, listed, catalogue).Read(file_bytes));
  }
  connection.set_table("");
  ListOthers(connection, tables, catalogue);
  CompleteForeignKeys(catalogue);
  CheckForeignKeys(connection, catalogue);
  const std::string encoding = connection.Text("PRAGMA encoding").value_or("UTF-8");
  if (encoding != "UTF-8") {
    catalogue.notes.push_back("the database stores text as " + encoding +
                              "; it is read as UTF-8, converted by SQLite");
  }
  return catalogue;
}

std::string ReadNextAutoValue(Connection& connection, const std::string& table) {
  const TableKey key = FindTableKey(connection, table);
  Statement alias(
      connection,
      fmt::format("SELECT count(*) FROM pragma_table_xinfo({}) WHERE pk > 0 AND name = {}",
                  QuoteText(table), QuoteText(key.rowid)));
  if (key.by != SplitBy::kRowid || !alias.Step() || alias.Integer(0) == 0) return {};
  std::int64_t last =
      connection.Integer(fmt::format("SELECT max({}) FROM main.{}", key.Sql(), QuoteName(table)));
  last = std::max<std::int64_t>(last, 0);
  // The table of AUTOINCREMENT: a row per table that ever had one, and it survives deletes.
  if (connection.Integer("SELECT count(*) FROM main.sqlite_schema WHERE name = 'sqlite_sequence'") >
      0) {
    last = std::max(
        last, connection.Integer(fmt::format("SELECT seq FROM main.sqlite_sequence WHERE name = {}",
                                             QuoteText(table))));
  }
  return std::to_string(static_cast<std::uint64_t>(last) + 1);
}

}  // namespace transload::sqlite
