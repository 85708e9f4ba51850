#include "extract/odbc/sql_server_catalogue.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/int128.h"
#include "extract/odbc/sql.h"
#include "extract/odbc/sql_server_types.h"

namespace transload::odbc {
namespace {

bool True(const ResultTable& rows, std::size_t row, std::string_view column) {
  const std::string text = rows.Text(row, column);
  return !text.empty() && text != "0";
}

std::string Action(std::string text) {
  std::replace(text.begin(), text.end(), '_', ' ');
  return text.empty() ? "NO ACTION" : text;
}

class Builder {
 public:
  Builder(const SqlServerRows& rows, const Naming& naming) : rows_(rows), naming_(naming) {}

  SourceCatalogue Run() {
    RefuseFilters();
    AddTables();
    AddColumns();
    AddIndexes();
    AddForeignKeys();
    AddChecks();
    AddSequences();
    AddOthers();
    return std::move(catalogue_);
  }

 private:
  // What would hide or change values without an error.
  void RefuseFilters() const {
    std::vector<std::string> reasons;
    const ResultTable& columns = rows_.columns;
    for (std::size_t row = 0; row < columns.rows.size(); ++row) {
      const std::string name =
          fmt::format("{}.{}.{}", columns.Text(row, "schema_name"), columns.Text(row, "table_name"),
                      columns.Text(row, "column_name"));
      if (True(columns, row, "is_masked")) {
        reasons.push_back(name + " is masked: without UNMASK its values come out changed");
      }
      if (!columns.Text(row, "encryption_type").empty()) {
        reasons.push_back(name + " is encrypted (Always Encrypted): only ciphertext can be read");
      }
    }
    for (std::size_t row = 0; row < rows_.others.rows.size(); ++row) {
      if (rows_.others.Text(row, "object_type") == "SP") {
        reasons.push_back(fmt::format("security policy {}.{} hides rows",
                                      rows_.others.Text(row, "schema_name"),
                                      rows_.others.Text(row, "object_name")));
      }
    }
    if (!reasons.empty()) {
      throw RefusedError("the source does not show its data as it is: " + Join(reasons, "; ") +
                         "; drop the mask or the policy for this login, or read a copy without it");
    }
  }

  SourceTable* Table(const ResultTable& rows, std::size_t row) {
    const auto found = tables_.find({rows.Text(row, "schema_name"), rows.Text(row, "table_name")});
    return found == tables_.end() ? nullptr : &catalogue_.tables[found->second];
  }
  static std::string Label(const SourceTable& table) { return table.schema + "." + table.name; }
  void LeaveOut(std::string kind, std::string name, std::string why, std::string definition = {}) {
    catalogue_.not_migrated.push_back(
        {std::move(kind), std::move(name), std::move(why), std::move(definition)});
  }

  void AddTables() {
    const ResultTable& rows = rows_.tables;
    for (std::size_t row = 0; row < rows.rows.size(); ++row) {
      const std::string schema = rows.Text(row, "schema_name"), name = rows.Text(row, "table_name");
      if (True(rows, row, "is_external")) {
        LeaveOut("table", schema + "." + name, "an external table: its rows lie elsewhere");
        continue;
      }
      tables_[{schema, name}] = catalogue_.tables.size();
      SourceTable& table = catalogue_.tables.emplace_back();
      table.schema = schema;
      table.name = name;
      table.comment = rows.Text(row, "comment");
      table.estimated_rows = static_cast<std::uint64_t>(
          std::max<std::int64_t>(0, rows.Number(row, "row_count").value_or(0)));
      table.estimated_bytes = static_cast<std::uint64_t>(
          std::max<std::int64_t>(0, rows.Number(row, "used_bytes").value_or(0)));
      const std::string temporal = rows.Text(row, "temporal_type");
      if (temporal == "1") table.engine = "history table";
      if (temporal == "2") {
        table.engine = "system-versioned table";
        LeaveOut("system versioning", Label(table),
                 "the table becomes a plain one; its history table is carried over as a table");
      }
      if (True(rows, row, "is_memory_optimized")) {
        table.engine = "memory-optimised table";
        catalogue_.notes.push_back(Label(table) +
                                   " is memory-optimised: a snapshot of the session does not "
                                   "cover it, and a database snapshot refuses it");
        table.transactional = false;
      }
      if (rows.Number(row, "partition_count").value_or(1) > 1) {
        table.partitioning = "partitioned by a partition function";
      }
    }
  }

  void AddColumns() {
    const ResultTable& rows = rows_.columns;
    for (std::size_t row = 0; row < rows.rows.size(); ++row) {
      SourceTable* table = Table(rows, row);
      if (table == nullptr) continue;
      // A column set only repeats the sparse columns.
      if (True(rows, row, "is_column_set")) continue;
      SourceColumn& column = table->columns.emplace_back();
      column.name = rows.Text(row, "column_name");
      SqlServerType type;
      type.name = rows.Text(row, "type_name");
      type.alias = rows.Text(row, "alias_name");
      type.assembly = True(rows, row, "is_assembly_type");
      type.user_defined = True(rows, row, "is_user_defined");
      type.max_length = static_cast<int>(rows.Number(row, "max_length").value_or(0));
      type.precision = static_cast<int>(rows.Number(row, "precision").value_or(0));
      type.scale = static_cast<int>(rows.Number(row, "scale").value_or(0));
      type.collation = rows.Text(row, "collation_name");
      SetSqlServerType(type, naming_.Quote(column.name), column);
      column.nullable = True(rows, row, "is_nullable");
      column.auto_increment = True(rows, row, "is_identity");
      column.generation_expression = rows.Text(row, "computed_definition");
      column.generated_stored = True(rows, row, "is_persisted");
      column.invisible = True(rows, row, "is_hidden");
      column.comment = rows.Text(row, "comment");
      const std::string text = rows.Text(row, "default_definition");
      if (!text.empty()) column.default_value = SourceDefault{text, true};
      if (column.auto_increment) SetIdentity(rows, row, *table);
      if (column.type == "rowversion") {
        LeaveOut("rowversion", Label(*table) + "." + column.name,
                 "its values are carried over and stay as they are: PostgreSQL does not count them "
                 "up (see xmin)");
      }
    }
  }

  void SetIdentity(const ResultTable& rows, std::size_t row, SourceTable& table) {
    const std::string increment = rows.Text(row, "increment_value");
    table.next_auto_value =
        NextIdentity(rows.Text(row, "seed_value"), increment, rows.Text(row, "last_value"), "");
    if (!increment.empty() && increment != "1") {
      LeaveOut(
          "identity increment", Label(table),
          fmt::format("steps of {}: the target counts in ones from the next value", increment));
    }
  }

  void AddIndexes() {
    const ResultTable& rows = rows_.indexes;
    std::string open_name;
    SourceTable* open_table = nullptr;
    for (std::size_t row = 0; row < rows.rows.size(); ++row) {
      SourceTable* table = Table(rows, row);
      if (table == nullptr) continue;
      const std::string name = rows.Text(row, "index_name");
      const bool first = table != open_table || name != open_name;
      open_table = table;
      open_name = name;
      if (first) {
        skipping_ = !StartIndex(rows, row, *table);
      }
      if (skipping_) continue;
      SourceIndex& index = table->indexes.back();
      if (True(rows, row, "is_included_column")) {
        index.include.push_back(rows.Text(row, "column_name"));
        continue;
      }
      SourceIndexPart& part = index.parts.emplace_back();
      part.column = rows.Text(row, "column_name");
      part.descending = True(rows, row, "is_descending_key");
    }
  }

  // False for an index that has no counterpart.
  bool StartIndex(const ResultTable& rows, std::size_t row, SourceTable& table) {
    const std::string name = rows.Text(row, "index_name");
    const std::int64_t type = rows.Number(row, "index_type").value_or(2);
    const std::string label = Label(table) + "." + name;
    const char* why = type == 3                ? "an XML index"
                      : type == 5 || type == 6 ? "a columnstore index: consider BRIN, or a "
                                                 "column-oriented extension"
                                               : nullptr;
    if (True(rows, row, "is_disabled")) why = "disabled in the source";
    if (why != nullptr) {
      LeaveOut("index", label, why);
      return false;
    }
    SourceIndex& index = table.indexes.emplace_back();
    index.name = name;
    index.method = type == 7 ? "HASH" : type == 1 ? "CLUSTERED" : "";
    index.kind = True(rows, row, "is_primary_key") ? IndexKind::kPrimary
                 : True(rows, row, "is_unique")    ? IndexKind::kUnique
                 : type == 4                       ? IndexKind::kSpatial
                                                   : IndexKind::kPlain;
    // A unique index takes one NULL, not many.
    index.nulls_not_distinct = index.kind == IndexKind::kUnique;
    if (True(rows, row, "has_filter")) index.predicate = rows.Text(row, "filter_definition");
    return true;
  }

  void AddForeignKeys() {
    const ResultTable& rows = rows_.foreign_keys;
    std::pair<SourceTable*, std::string> open;
    for (std::size_t row = 0; row < rows.rows.size(); ++row) {
      SourceTable* table = Table(rows, row);
      if (table == nullptr) continue;
      const std::string name = rows.Text(row, "key_name");
      if (open != std::make_pair(table, name)) {
        open = {table, name};
        SourceForeignKey& key = table->foreign_keys.emplace_back();
        key.name = name;
        key.parent_schema = rows.Text(row, "parent_schema");
        key.parent_table = rows.Text(row, "parent_table");
        key.on_update = Action(rows.Text(row, "on_update"));
        key.on_delete = Action(rows.Text(row, "on_delete"));
        key.trusted = !True(rows, row, "is_disabled") && !True(rows, row, "is_not_trusted");
      }
      SourceForeignKey& key = table->foreign_keys.back();
      key.columns.push_back(rows.Text(row, "column_name"));
      key.parent_columns.push_back(rows.Text(row, "parent_column"));
    }
  }

  void AddChecks() {
    const ResultTable& rows = rows_.checks;
    for (std::size_t row = 0; row < rows.rows.size(); ++row) {
      SourceTable* table = Table(rows, row);
      if (table == nullptr) continue;
      SourceCheck& check = table->checks.emplace_back();
      check.name = rows.Text(row, "check_name");
      check.expression = rows.Text(row, "definition");
      check.enforced = !True(rows, row, "is_disabled");
    }
  }

  void AddSequences() {
    const ResultTable& rows = rows_.sequences;
    for (std::size_t row = 0; row < rows.rows.size(); ++row) {
      SourceSequence& sequence = catalogue_.sequences.emplace_back();
      sequence.schema = rows.Text(row, "schema_name");
      sequence.name = rows.Text(row, "sequence_name");
      sequence.start = rows.Text(row, "start_value");
      sequence.increment = rows.Text(row, "increment");
      sequence.minimum = rows.Text(row, "minimum_value");
      sequence.maximum = rows.Text(row, "maximum_value");
      sequence.cache = rows.Text(row, "cache_size");
      sequence.cycle = True(rows, row, "is_cycling");
      sequence.next_value =
          NextOfSequence(rows.Text(row, "current_value"), sequence.start, sequence.increment);
    }
  }

  void AddOthers() {
    static const std::map<std::string, std::string> kinds = {
        {"V", "view"},      {"P", "procedure"}, {"PC", "procedure"}, {"FN", "function"},
        {"IF", "function"}, {"TF", "function"}, {"FS", "function"},  {"FT", "function"},
        {"TR", "trigger"},  {"TA", "trigger"},  {"SN", "synonym"},   {"R", "rule"},
        {"D", "default"}};
    const ResultTable& rows = rows_.others;
    for (std::size_t row = 0; row < rows.rows.size(); ++row) {
      std::string type = rows.Text(row, "object_type");
      while (!type.empty() && type.back() == ' ') type.pop_back();
      const auto kind = kinds.find(type);
      LeaveOut(kind == kinds.end() ? type : kind->second,
               rows.Text(row, "schema_name") + "." + rows.Text(row, "object_name"),
               "written in T-SQL", rows.Text(row, "definition"));
    }
  }

  const SqlServerRows& rows_;
  const Naming& naming_;
  SourceCatalogue catalogue_;
  std::map<std::pair<std::string, std::string>, std::size_t> tables_;
  bool skipping_ = false;  // the rows of an index that is left out
};

}  // namespace

std::string NextIdentity(const std::string& seed, const std::string& increment,
                         const std::string& last, const std::string& extreme) {
  if (seed.empty()) return {};
  const Int128 step = increment.empty() ? 1 : ParseInt128(increment);
  Int128 next = last.empty() ? ParseInt128(seed) : ParseInt128(last) + step;
  if (!extreme.empty()) {
    const Int128 passed = ParseInt128(extreme) + step;
    next = step < 0 ? std::min(next, passed) : std::max(next, passed);
  }
  return fmt::format("{}", next);
}

std::string NextOfSequence(const std::string& current, const std::string& start,
                           const std::string& increment) {
  if (current.empty()) return start;
  // A sequence that was never asked shows its start: one number more than needed is left out.
  return fmt::format("{}", ParseInt128(current) + (increment.empty() ? 1 : ParseInt128(increment)));
}

SqlServerRows ReadSqlServerRows(Connection& connection) {
  SqlServerRows rows;
  rows.tables = RunQuery(connection, sql::kSqlServerTables);
  rows.columns = RunQuery(connection, sql::kSqlServerColumns);
  rows.indexes = RunQuery(connection, sql::kSqlServerIndexes);
  rows.foreign_keys = RunQuery(connection, sql::kSqlServerForeignKeys);
  rows.checks = RunQuery(connection, sql::kSqlServerChecks);
  rows.sequences = RunQuery(connection, sql::kSqlServerSequences);
  rows.others = RunQuery(connection, sql::kSqlServerOthers);
  return rows;
}

SourceCatalogue BuildSqlServerCatalogue(const SqlServerRows& rows, const Naming& naming) {
  return Builder(rows, naming).Run();
}

}  // namespace transload::odbc
