#include "extract/mysql/catalogue.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/ascii.h"
#include "core/error.h"
#include "core/hex.h"
#include "extract/mysql/charset.h"
#include "extract/mysql/column_type.h"
#include "extract/mysql/default_value.h"
#include "extract/mysql/grants.h"
#include "extract/mysql/sql_text.h"
#include "extract/mysql/storage_engine.h"

namespace transload::mysql {
namespace {

std::uint64_t Number(const std::string& text) { return text.empty() ? 0 : std::stoull(text); }

// What follows "on update" in EXTRA.
std::string OnUpdate(const std::string& extra) {
  std::string lower = LowerAscii(extra);
  constexpr std::string_view kMark = "on update ";
  std::size_t at = lower.find(kMark);
  if (at == std::string::npos) return {};
  std::string text = extra.substr(at + kMark.size());
  std::size_t end = text.find_first_of(", ");
  if (end != std::string::npos) text.resize(end);
  return UpperAscii(text);
}

// Rows whose value is no label arrive as '', which a real '' label would hide: take the index.
void ReadEnumByIndexWhereEmptyIsALabel(SourceColumn& column) {
  if (column.type != "enum") return;
  if (std::find(column.labels.begin(), column.labels.end(), "") == column.labels.end()) return;
  column.select_expression = fmt::format("CAST({} AS UNSIGNED)", QuoteName(column.name));
  column.format = CellFormat::kUnsigned;
}

// The binary protocol hands YEAR(2) over as it shows it: 69 is 2069, 70 is 1970.
void ReadShortYearsInFull(SourceColumn& column) {
  if (column.type != "year" || !column.full_type.starts_with("year(2)")) return;
  const std::string name = QuoteName(column.name);
  column.select_expression = fmt::format("CAST({0} + IF({0} < 70, 2000, 1900) AS UNSIGNED)", name);
}

// The client library does not know MySQL's wire type for vectors; their bytes it can carry.
void ReadVectorsAsBytes(SourceColumn& column) {
  if (column.type != "vector") return;
  column.select_expression = fmt::format("CAST({} AS BINARY)", QuoteName(column.name));
}

// Labels stand in the catalogue as the server converts them, and values equal them: without a
// question mark none has lost anything.
bool KeepsItsLabels(const SourceColumn& column) {
  if (column.type != "enum" && column.type != "set") return false;
  return std::none_of(column.labels.begin(), column.labels.end(), [](const std::string& label) {
    return label.find('?') != label.npos || label.find("\xef\xbf\xbd") != label.npos;
  });
}

void MarkCharactersThatGetLost(SourceColumn& column) {
  if (column.charset.empty() || KeepsItsLabels(column)) return;
  if (column.format != CellFormat::kText || ComesBackTheSame(column.charset)) return;
  column.select_expression = MarkedUtf8Sql(QuoteName(column.name), column.charset);
}

void ReadTables(CatalogueScope& scope, std::vector<std::string>& sequences) {
  SqlResult rows = scope.Query(fmt::format(
      "SELECT TABLE_NAME, TABLE_TYPE, ENGINE, TABLE_ROWS, DATA_LENGTH, AUTO_INCREMENT, "
      "TABLE_COMMENT FROM information_schema.TABLES WHERE TABLE_SCHEMA = {} ORDER BY TABLE_NAME",
      QuoteText(scope.database)));
  for (std::size_t i = 0; i < rows.rows.size(); ++i) {
    std::string type = rows.Text(i, "TABLE_TYPE");
    std::string name = rows.Text(i, "TABLE_NAME");
    if (type == "SEQUENCE") sequences.push_back(name);
    if (type != "BASE TABLE" && type != "SYSTEM VERSIONED") continue;
    std::string engine = rows.Text(i, "ENGINE");
    std::string refusal = EngineRefusal(engine, rows.Text(i, "TABLE_COMMENT"));
    if (!refusal.empty()) {
      scope.catalogue.not_migrated.push_back({"table", scope.database + "." + name, refusal, ""});
      continue;
    }
    SourceTable& table = scope.catalogue.tables.emplace_back();
    table.schema = scope.database;
    table.name = name;
    table.engine = engine;
    table.transactional = IsTransactional(engine);
    table.comment = rows.Text(i, "TABLE_COMMENT");
    table.estimated_rows = Number(rows.Text(i, "TABLE_ROWS"));
    table.estimated_bytes = Number(rows.Text(i, "DATA_LENGTH"));
    table.next_auto_value = rows.Text(i, "AUTO_INCREMENT");
    if (type == "SYSTEM VERSIONED") {
      scope.catalogue.notes.push_back(fmt::format(
          "{}.{} is system-versioned: its current rows are migrated, its history is not",
          scope.database, name));
    }
  }
  for (SourceTable& table : scope.catalogue.tables) scope.tables[table.name] = &table;
}

// A byte string as a default: the catalogue ends it at a NUL (MySQL 8 and later), or shows what is
// no UTF-8 as question marks (MariaDB) or not at all (5.6). MySQL 8 and later show an instant in
// the time zone of the session that made the table, and padded what is a char there for that one.
// The server still knows them.
bool ShownOtherwise(const SourceColumn& column, const ServerVersion& version) {
  if (!column.default_value || column.default_value->is_expression) return false;
  if (column.format == CellFormat::kBytes) return true;
  return version.MySqlSince(80000) &&
         (column.type == "timestamp" ||
          (column.type == "char" && column.default_value->text.ends_with(' ')));
}

// A literal as SHOW CREATE TABLE of MySQL 5.6 and 5.7 prints it.
std::string Printed(const std::string& text) {
  std::string printed = "'";
  for (char c : text) {
    if (c == '\'') {
      printed += "''";
    } else if (c == '\0' || c == '\n' || c == '\r' || c == '\\') {
      printed += '\\';
      printed += c == '\0' ? '0' : c == '\n' ? 'n' : c == '\r' ? 'r' : c;
    } else {
      printed += c;
    }
  }
  return printed + "'";
}

// Whether a definition, a line for each column, shows this default whole.
bool IsDefinedSo(const std::string& statement, const SourceColumn& column) {
  const std::size_t at = statement.find("\n  " + QuoteName(column.name) + " ");
  if (at == std::string::npos) return false;
  const std::string line = statement.substr(at + 1, statement.find('\n', at + 1) - at - 1);
  return line.find(" DEFAULT " + Printed(column.default_value->text)) != std::string::npos;
}

// What may be wrong about the default of a byte column that is known from information_schema alone.
std::string DoubtAboutDefault(CatalogueScope& scope, const SourceTable& table,
                              const SourceColumn& column) {
  if (scope.version.mariadb) {
    if (column.default_value->text.find('?') == std::string::npos) return {};
    return "where a question mark may stand for any byte";
  }
  const SqlResult answer = scope.Query("SHOW CREATE TABLE " + QuoteTable(table.schema, table.name));
  if (IsDefinedSo(answer.Text(0, "Create Table"), column)) return {};
  return "which ends where a byte is no UTF-8";
}

void ReadDefaultsOtherwiseShown(CatalogueScope& scope, SourceTable& table) {
  std::vector<SourceColumn*> columns;
  std::vector<std::string> defaults;
  for (SourceColumn& column : table.columns) {
    if (!ShownOtherwise(column, scope.version)) continue;
    columns.push_back(&column);
    const std::string value = fmt::format("DEFAULT({})", QuoteName(column.name));
    defaults.push_back(column.format == CellFormat::kBytes ? "HEX(" + value + ")" : value);
  }
  if (columns.empty()) return;
  const std::string wanted = Join(defaults, ", ");
  const std::string name = QuoteTable(table.schema, table.name);
  SqlResult answer;
  try {
    // DEFAULT() needs a row. Beside a count it answers without one too, for most columns.
    answer = scope.Query(fmt::format("SELECT {} FROM {} LIMIT 1", wanted, name));
    if (answer.rows.empty()) {
      answer = scope.Query(fmt::format("SELECT {}, COUNT(*) FROM {}", wanted, name));
    }
  } catch (const Error& error) {
    if (error.connection_lost) throw;
    scope.catalogue.notes.push_back(
        fmt::format("defaults of {}.{} are as information_schema shows them: {}", table.schema,
                    table.name, error.what()));
    return;
  }
  for (std::size_t i = 0; i < columns.size(); ++i) {
    std::string& text = columns[i]->default_value->text;
    const SqlValue& told = answer.rows.at(0).at(i);
    if (columns[i]->format != CellFormat::kBytes) {
      if (told) text = *told;
    } else if (told) {
      text = "X'" + *told + "'";
    } else {
      // The table is empty and the column NOT NULL, and the server older than MySQL 8.
      const std::string doubt = DoubtAboutDefault(scope, table, *columns[i]);
      if (!doubt.empty()) {
        scope.catalogue.notes.push_back(
            fmt::format("the default of {}.{}.{} is shown by the server as '{}', {}: compare it",
                        table.schema, table.name, columns[i]->name, text, doubt));
      }
      text = "X'" + LowerHex(text) + "'";
    }
  }
}

void ReadColumns(CatalogueScope& scope) {
  SqlResult rows = scope.Query(
      fmt::format("SELECT * FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = {} ORDER BY "
                  "TABLE_NAME, ORDINAL_POSITION",
                  QuoteText(scope.database)));
  scope.MendExpressions(rows, "COLUMN_DEFAULT");
  scope.MendExpressions(rows, "GENERATION_EXPRESSION");
  for (std::size_t i = 0; i < rows.rows.size(); ++i) {
    SourceTable* table = scope.Table(rows.Text(i, "TABLE_NAME"));
    if (table == nullptr) continue;
    table->columns.push_back(ParseColumn(rows, i, scope.version));
    if (rows.Text(i, "GENERATION_EXPRESSION") == "ROW END") {
      scope.row_ends[table->name] = table->columns.back().name;
    }
  }
  for (SourceTable& table : scope.catalogue.tables) {
    ReadDefaultsOtherwiseShown(scope, table);
    bool automatic = std::any_of(table.columns.begin(), table.columns.end(),
                                 [](const SourceColumn& column) { return column.auto_increment; });
    if (!automatic) table.next_auto_value.clear();
    // MySQL 8 shows none before the first insert.
    if (automatic && table.next_auto_value.empty()) table.next_auto_value = "1";
  }
}

void NoteHiddenThings(CatalogueScope& scope) {
  Grants grants = ReadGrants(scope.connection, scope.version);
  auto missing = [&](std::string_view privilege, std::string_view what) {
    if (grants.Has(privilege, scope.database)) return;
    scope.catalogue.notes.push_back(fmt::format("without the privilege {} on {}, {} not be listed",
                                                privilege, scope.database, what));
  };
  if (!grants.Has("SELECT", scope.database)) {
    scope.catalogue.notes.push_back(fmt::format(
        "the user has no SELECT on the whole of {}: tables that it may not read are invisible and "
        "are not migrated",
        scope.database));
  }
  missing("SHOW VIEW", "definitions of views can");
  missing("TRIGGER", "triggers can");
  missing("EVENT", "events can");
}

}  // namespace

void CatalogueScope::MendExpressions(SqlResult& rows, std::string_view column) {
  const int at = version.mariadb ? -1 : rows.Find(column);
  if (at < 0) return;
  const SourceTable* shown = nullptr;
  std::string statement;
  for (std::size_t i = 0; i < rows.rows.size(); ++i) {
    SqlValue& stored = rows.rows[i][static_cast<std::size_t>(at)];
    const SourceTable* table = Table(rows.Text(i, "TABLE_NAME"));
    if (!stored || table == nullptr) continue;
    std::optional<std::string> once = EncodedOnce(*stored);
    if (!once) continue;
    // Both forms are text: what the server shows elsewhere decides.
    if (table != shown) {
      SqlResult answer = Query("SHOW CREATE TABLE " + QuoteTable(table->schema, table->name));
      statement = PlainExpression(answer.Text(0, "Create Table"), false);
      shown = table;
    }
    if (statement.find(PlainExpression(*stored, true)) == std::string::npos &&
        statement.find(PlainExpression(*once, true)) != std::string::npos) {
      stored = std::move(once);
    }
  }
}

SourceColumn ParseColumn(const SqlResult& rows, std::size_t row, const ServerVersion& version) {
  SourceColumn column;
  column.name = rows.Text(row, "COLUMN_NAME");
  column.charset = rows.Text(row, "CHARACTER_SET_NAME");
  column.collation = rows.Text(row, "COLLATION_NAME");
  column.nullable = rows.Text(row, "IS_NULLABLE") == "YES";
  column.comment = rows.Text(row, "COLUMN_COMMENT");
  ParseColumnType(rows.Text(row, "COLUMN_TYPE"), column);
  column.format = WireFormat(column);
  ReadEnumByIndexWhereEmptyIsALabel(column);
  ReadShortYearsInFull(column);
  ReadVectorsAsBytes(column);
  MarkCharactersThatGetLost(column);
  if (column.type == "decimal" || column.type == "numeric") {
    column.precision = static_cast<std::int32_t>(Number(rows.Text(row, "NUMERIC_PRECISION")));
    column.scale = static_cast<std::int32_t>(Number(rows.Text(row, "NUMERIC_SCALE")));
  }
  std::string extra = rows.Text(row, "EXTRA");
  std::string lower = LowerAscii(extra);
  column.auto_increment = lower.find("auto_increment") != std::string::npos;
  column.invisible = lower.find("invisible") != std::string::npos;
  column.on_update = OnUpdate(extra);
  if (lower.find("generated") != std::string::npos &&
      lower.find("default_generated") == std::string::npos) {
    std::string expression = rows.Text(row, "GENERATION_EXPRESSION");
    // The period columns of a system-versioned table are stored times, not computed ones.
    if (expression != "ROW START" && expression != "ROW END") {
      column.generation_expression = PlainExpression(expression, !version.mariadb);
      column.generated_stored = lower.find("stored") != std::string::npos ||
                                lower.find("persistent") != std::string::npos;
    }
  }
  if (SqlValue srid = rows.Value(row, "SRS_ID")) {
    column.srid = static_cast<std::uint32_t>(Number(*srid));
  }
  SqlValue default_text = rows.Value(row, "COLUMN_DEFAULT");
  if (column.generation_expression.empty()) {
    column.default_value = version.mariadb ? MariaDbDefault(default_text, column)
                                           : MySqlDefault(default_text, column, extra);
  }
  return column;
}

SourceCatalogue ReadCatalogue(SqlConnection& connection, const ServerVersion& version,
                              const std::string& database) {
  SourceCatalogue catalogue;
  CatalogueScope scope{connection, version, database, catalogue, {}, {}};
  std::vector<std::string> sequences;
  ReadTables(scope, sequences);
  ReadColumns(scope);
  ReadIndexes(scope);
  ReadForeignKeys(scope);
  ReadChecks(scope);
  NoteLostOverlaps(scope);
  ReadPartitioning(scope);
  ReadSequences(scope, sequences);
  ReadCode(scope);
  NoteHiddenThings(scope);
  return catalogue;
}

}  // namespace transload::mysql
