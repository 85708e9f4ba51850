#include "extract/odbc/catalogue.h"

#include <fmt/format.h>
#include <sqlext.h>

#include <algorithm>
#include <functional>
#include <map>
#include <utility>

#include "core/ascii.h"
#include "core/error.h"
#include "extract/odbc/catalogue_rows.h"
#include "extract/odbc/query.h"
#include "extract/odbc/wide_text.h"

namespace transload::odbc {
namespace {

// An argument of a catalogue function: empty means "not given".
class Argument {
 public:
  explicit Argument(const std::string& text) : text_(ToUtf16(text)) {}
  SQLWCHAR* data() { return text_.empty() ? nullptr : reinterpret_cast<SQLWCHAR*>(text_.data()); }
  SQLSMALLINT size() const { return static_cast<SQLSMALLINT>(text_.size()); }

 private:
  std::u16string text_;
};

struct TableName {
  std::string catalog, schema, name, kind, remarks;
};

struct StorageEngine {
  std::string name, refusal;
};

// Tables are moved; what is the system's, or a session's own, nobody wants to be.
bool GoesWithoutSaying(const std::string& kind) {
  const std::string lower = LowerAscii(kind);
  return lower == "table" || lower.find("system") != lower.npos ||
         lower.find("temporary") != lower.npos;
}

class CatalogueReader {
 public:
  CatalogueReader(Connection& connection, const Naming& naming, const DriverQuirks& quirks,
                  const DbmsTraits& traits)
      : connection_(connection),
        statement_(connection),
        naming_(naming),
        context_{quirks, naming, {}},
        traits_(traits) {}

  SourceCatalogue Run() {
    FindUnsignedTypes();
    const auto partitions = LookAtNestedTables();
    const auto engines = LookAtEngines();
    for (const TableName& table : Tables("TABLE")) {
      const auto engine = engines.find(table.name);
      if (engine != engines.end() && !engine->second.refusal.empty()) {
        catalogue_.not_migrated.push_back(
            {"table", SchemaOf(table) + "." + table.name, engine->second.refusal, ""});
        continue;
      }
      const auto partition = partitions.find({SchemaOf(table), table.name});
      if (partition == partitions.end()) {
        ReadTable(table, engine == engines.end() ? "" : engine->second.name);
      } else {
        catalogue_.not_migrated.push_back({"partition", SchemaOf(table) + "." + table.name,
                                           "its rows come with " + partition->second, ""});
      }
    }
    CompleteForeignKeys(catalogue_);
    for (const TableName& other : Tables("")) {
      if (GoesWithoutSaying(other.kind)) continue;
      catalogue_.not_migrated.push_back({LowerAscii(other.kind), SchemaOf(other) + "." + other.name,
                                         "ODBC does not tell its definition", ""});
    }
    catalogue_.notes.emplace_back(
        "read through ODBC: checks, generated columns, views, routines and triggers are not part "
        "of what a driver can tell");
    return std::move(catalogue_);
  }

 private:
  // Runs a catalogue function; nothing where it is missing, with a note the first time.
  ResultTable Call(SQLUSMALLINT function, const char* name, const char* loses,
                   const std::function<SQLRETURN()>& call) {
    if (missing_.contains(function)) return {};
    if (connection_.Supports(function)) {
      const CallLimits& limits = connection_.limits();
      std::optional<CallWatch> watch(std::in_place, limits, limits.stall, Silence::kIsAskedAbout,
                                     statement_.get());
      const SQLRETURN outcome = call();
      watch.reset();
      if (SQL_SUCCEEDED(outcome)) return Collect(statement_);
      if (outcome == SQL_NO_DATA) return {};
      const auto records = ReadDiagnostics(SQL_HANDLE_STMT, statement_.get());
      if (connection_.dead()) statement_.Fail(std::string("calling ") + name);
      statement_.Close();
      Miss(function, fmt::format("{} failed ({}): {}", name, Describe(records), loses));
      return {};
    }
    Miss(function, fmt::format("the driver has no {}: {}", name, loses));
    return {};
  }
  void Miss(SQLUSMALLINT function, std::string note) {
    missing_.insert(function);
    catalogue_.notes.push_back(std::move(note));
  }

  void FindUnsignedTypes() {
    constexpr std::size_t kName = 0, kUnsigned = 9;
    const ResultTable types =
        Call(SQL_API_SQLGETTYPEINFO, "SQLGetTypeInfo", "unsigned types may go unnoticed",
             [&] { return SQLGetTypeInfoW(statement_.get(), SQL_ALL_TYPES); });
    for (std::size_t row = 0; row < types.rows.size(); ++row) {
      if (types.Text(row, kUnsigned) == "1") {
        context_.unsigned_types.insert(LowerAscii(types.Text(row, kName)));
      }
    }
  }

  // Of one kind; of all when it is empty.
  std::vector<TableName> Tables(const std::string& kind) {
    Argument catalog(naming_.has_catalogs ? naming_.Pattern(connection_.CurrentCatalog()) : "");
    Argument type(kind);
    const ResultTable found = Call(SQL_API_SQLTABLES, "SQLTables", "nothing can be listed", [&] {
      return SQLTablesW(statement_.get(), catalog.data(), catalog.size(), nullptr, 0, nullptr, 0,
                        type.data(), type.size());
    });
    if (missing_.contains(SQL_API_SQLTABLES)) {
      throw RefusedError("the source's tables cannot be listed: " + catalogue_.notes.back());
    }
    std::vector<TableName> tables;
    for (std::size_t row = 0; row < found.rows.size(); ++row) {
      // Some drivers list more kinds than asked for.
      if (!kind.empty() && LowerAscii(found.Text(row, 3)) != LowerAscii(kind)) continue;
      tables.push_back({found.Text(row, std::size_t{0}), found.Text(row, 1), found.Text(row, 2),
                        found.Text(row, 3), found.Text(row, 4)});
    }
    return tables;
  }

  // Partitions, and the table whose rows theirs are. Of other tables whose rows come twice, a note.
  std::map<std::pair<std::string, std::string>, std::string> LookAtNestedTables() {
    std::map<std::pair<std::string, std::string>, std::string> partitions;
    if (traits_.nested_tables.empty()) return partitions;
    const ResultTable nested = RunQuery(statement_, std::string(traits_.nested_tables));
    for (std::size_t row = 0; row < nested.rows.size(); ++row) {
      const std::string schema = nested.Text(row, std::size_t{0}), name = nested.Text(row, 1);
      const std::string within = nested.Text(row, 2);
      if (nested.Text(row, 3) == "partition") {
        partitions.emplace(std::pair(schema, name), within);
      } else {
        catalogue_.notes.push_back(fmt::format(
            "rows of {}.{} are rows of {} too, which inherits them, and arrive in both: read the "
            "source as postgresql:, or leave one out with --exclude",
            schema, name, within));
      }
    }
    return partitions;
  }

  std::map<std::string, StorageEngine> LookAtEngines() {
    std::map<std::string, StorageEngine> engines;
    if (traits_.engines.empty()) return engines;
    const ResultTable found = RunQuery(statement_, std::string(traits_.engines));
    for (std::size_t row = 0; row < found.rows.size(); ++row) {
      const std::string engine = found.Text(row, 1);
      engines[found.Text(row, std::size_t{0})] = {
          engine, traits_.engine_refusal(engine, found.Text(row, 2))};
    }
    return engines;
  }

  std::string SchemaOf(const TableName& table) const {
    return table.schema.empty() ? table.catalog : table.schema;
  }

  void ReadTable(const TableName& table, const std::string& engine) {
    TableRows rows;
    Argument catalog(table.catalog);
    Argument schema_pattern(naming_.Pattern(table.schema)), pattern(naming_.Pattern(table.name));
    rows.columns = Call(SQL_API_SQLCOLUMNS, "SQLColumns", "no column can be read", [&] {
      return SQLColumnsW(statement_.get(), catalog.data(), catalog.size(), schema_pattern.data(),
                         schema_pattern.size(), pattern.data(), pattern.size(), nullptr, 0);
    });
    rows.primary_key = PrimaryKey(table);
    rows.statistics = Statistics(table);
    rows.foreign_keys = ForeignKeys(table);
    rows.automatic = AutomaticColumns(table, rows.columns);
    SourceTable built =
        BuildTable(SchemaOf(table), table.name, rows, context_, catalogue_.not_migrated);
    if (built.columns.empty()) {
      catalogue_.not_migrated.push_back(
          {"table", SchemaOf(table) + "." + table.name, "the driver lists no columns of it", ""});
      return;
    }
    built.comment = table.remarks;
    built.engine = engine;
    built.transactional = engine.empty() || traits_.transactional(engine);
    CorrectColumns(table, built);
    MarkCharactersThatGetLost(table, built);
    catalogue_.tables.push_back(std::move(built));
  }

  ResultTable Ask(std::string_view sql, const TableName& table) {
    return RunQuery(statement_, fmt::format(fmt::runtime(sql), QuoteText(SchemaOf(table)),
                                            QuoteText(table.name)));
  }

  ResultTable PrimaryKey(const TableName& table) {
    if (!traits_.primary_key.empty()) return Ask(traits_.primary_key, table);
    Argument catalog(table.catalog), schema(table.schema), name(table.name);
    return Call(SQL_API_SQLPRIMARYKEYS, "SQLPrimaryKeys", "primary keys are not carried over", [&] {
      return SQLPrimaryKeysW(statement_.get(), catalog.data(), catalog.size(), schema.data(),
                             schema.size(), name.data(), name.size());
    });
  }

  ResultTable Statistics(const TableName& table) {
    if (!traits_.statistics.empty()) return Ask(traits_.statistics, table);
    Argument catalog(table.catalog), schema(table.schema), name(table.name);
    return Call(SQL_API_SQLSTATISTICS, "SQLStatistics", "indexes are not carried over", [&] {
      return SQLStatisticsW(statement_.get(), catalog.data(), catalog.size(), schema.data(),
                            schema.size(), name.data(), name.size(), SQL_INDEX_ALL, SQL_QUICK);
    });
  }

  ResultTable ForeignKeys(const TableName& table) {
    if (!traits_.foreign_keys.empty()) return Ask(traits_.foreign_keys, table);
    Argument catalog(table.catalog), schema(table.schema), name(table.name);
    return Call(SQL_API_SQLFOREIGNKEYS, "SQLForeignKeys", "foreign keys are not carried over", [&] {
      return SQLForeignKeysW(statement_.get(), nullptr, 0, nullptr, 0, nullptr, 0, catalog.data(),
                             catalog.size(), schema.data(), schema.size(), name.data(),
                             name.size());
    });
  }

  void CorrectColumns(const TableName& table, SourceTable& built) {
    if (traits_.columns.empty()) return;
    const ResultTable found = Ask(traits_.columns, table);
    for (std::size_t row = 0; row < found.rows.size(); ++row) {
      const std::string name = found.Text(row, std::size_t{0});
      const auto column = std::find_if(built.columns.begin(), built.columns.end(),
                                       [&](const SourceColumn& c) { return c.name == name; });
      if (column == built.columns.end()) continue;
      column->nullable = found.Text(row, 1) == "YES";
      if (const std::string sql = found.Text(row, 4); !sql.empty()) {
        column->select_expression = fmt::format(fmt::runtime(sql), naming_.Quote(name));
      }
      CorrectDefault(found.rows[row][2], found.Text(row, 3), built, *column);
    }
  }

  // Bytes that are no text stand in no catalogue as they are.
  void CorrectDefault(const Value& text, const std::string& extra, const SourceTable& table,
                      SourceColumn& column) {
    if (column.auto_increment) return;
    const bool bits = text && LowerAscii(*text).starts_with("b'");
    if (bits && column.format == CellFormat::kBytes) return;
    column.default_value = traits_.column_default(text, column, extra);
    const bool shown = !column.default_value || column.default_value->is_expression ||
                       column.format != CellFormat::kBytes ||
                       (column.default_value->text.find('?') == std::string::npos &&
                        !column.default_value->text.starts_with("0x"));
    if (shown) return;
    catalogue_.not_migrated.push_back({"default", table.name + "." + column.name,
                                       "the catalogue does not show all bytes as they are", *text});
    column.default_value.reset();
  }

  void MarkCharactersThatGetLost(const TableName& table, SourceTable& built) {
    if (traits_.charsets.empty()) return;
    const ResultTable found = Ask(traits_.charsets, table);
    std::vector<std::string> unmarked;
    for (std::size_t row = 0; row < found.rows.size(); ++row) {
      const std::string name = found.Text(row, std::size_t{0}), charset = found.Text(row, 1);
      const auto column = std::find_if(built.columns.begin(), built.columns.end(),
                                       [&](const SourceColumn& c) { return c.name == name; });
      if (column == built.columns.end() || traits_.comes_back_the_same(charset)) continue;
      if (context_.quirks.bytes_as_text && column->format == CellFormat::kText) {
        column->charset = charset;
        column->select_expression = traits_.marked_text(naming_.Quote(name), charset);
      } else {
        unmarked.push_back(fmt::format("{} ({})", name, charset));
      }
    }
    if (unmarked.empty()) return;
    catalogue_.notes.push_back(fmt::format(
        "{}: characters that have no Unicode arrive as the question marks that the server makes of "
        "them, in {}: read the source as mysql:, which tells of such values",
        built.name, Join(unmarked, ", ")));
  }

  // By ODBC only the description of a result tells which column is numbered by itself.
  std::set<std::string> AutomaticColumns(const TableName& table, const ResultTable& columns) {
    std::set<std::string> automatic;
    if (!traits_.automatic_column.empty()) {
      const ResultTable found = Ask(traits_.automatic_column, table);
      for (std::size_t row = 0; row < found.rows.size(); ++row) {
        automatic.insert(found.Text(row, std::size_t{0}));
      }
      return automatic;
    }
    std::vector<std::string> names, quoted;
    for (std::size_t row = 0; row < columns.rows.size(); ++row) {
      if (columns.Text(row, 2) != table.name) continue;
      names.push_back(columns.Text(row, 3));
      quoted.push_back(naming_.Quote(names.back()));
    }
    if (names.empty()) return automatic;
    statement_.Execute(fmt::format("SELECT {} FROM {} WHERE 1 = 0", Join(quoted, ", "),
                                   naming_.Table(SchemaOf(table), table.name)));
    for (std::size_t i = 0; i < names.size(); ++i) {
      SQLLEN value = SQL_FALSE;
      const SQLRETURN outcome =
          SQLColAttributeW(statement_.get(), static_cast<SQLUSMALLINT>(i + 1),
                           SQL_DESC_AUTO_UNIQUE_VALUE, nullptr, 0, nullptr, &value);
      if (SQL_SUCCEEDED(outcome) && value == SQL_TRUE) automatic.insert(names[i]);
    }
    statement_.Close();
    return automatic;
  }

  Connection& connection_;
  Statement statement_;
  const Naming& naming_;
  CatalogueContext context_;
  const DbmsTraits& traits_;
  SourceCatalogue catalogue_;
  std::set<SQLUSMALLINT> missing_;
};

}  // namespace

SourceCatalogue ReadCatalogue(Connection& connection, const Naming& naming,
                              const DriverQuirks& quirks, const DbmsTraits& traits) {
  return CatalogueReader(connection, naming, quirks, traits).Run();
}

}  // namespace transload::odbc
