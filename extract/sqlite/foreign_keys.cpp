#include "extract/sqlite/foreign_keys.h"

#include <fmt/format.h>

#include <functional>
#include <map>

#include "core/ascii.h"

namespace transload::sqlite {
namespace {

constexpr std::size_t kNamedOrphans = 5;

SourceTable* FindTable(SourceCatalogue& catalogue, const std::string& name) {
  for (SourceTable& table : catalogue.tables) {
    if (EqualIgnoringCase(table.name, name)) return &table;
  }
  return nullptr;
}

// Names of columns do not differ in case alone; the target's may.
void SpellAs(const SourceTable& table, std::vector<std::string>& names) {
  for (std::string& name : names) {
    for (const SourceColumn& column : table.columns) {
      if (EqualIgnoringCase(column.name, name)) name = column.name;
    }
  }
}

std::vector<std::string> PrimaryKeyColumns(const SourceTable& table) {
  std::vector<std::string> columns;
  const SourceIndex* key = table.PrimaryKey();
  if (key == nullptr) return columns;
  for (const SourceIndexPart& part : key->parts) columns.push_back(part.column);
  return columns;
}

void NoteOrphans(Connection& connection, const SourceTable& table, SourceCatalogue& catalogue) {
  // Columns: table, rowid (NULL without one), parent, number of the foreign key.
  std::map<std::string, std::pair<std::uint64_t, std::vector<std::string>>> orphans;
  Statement row(connection, fmt::format("PRAGMA foreign_key_check({})", QuoteText(table.name)));
  while (row.Step()) {
    auto& [count, rowids] = orphans[row.Text(2)];
    ++count;
    if (rowids.size() < kNamedOrphans && !row.IsNull(1)) rowids.push_back(row.Text(1));
  }
  for (const auto& [parent, found] : orphans) {
    catalogue.notes.push_back(fmt::format(
        "{}: rows that refer to missing rows of {}: {}{}{}", table.name, parent, found.first,
        found.second.empty() ? "" : ", rowid ", fmt::join(found.second, ", ")));
  }
}

}  // namespace

std::vector<SourceForeignKey> ReadForeignKeys(Connection& connection, const std::string& table,
                                              const TableSql& sql) {
  // The PRAGMA counts from the last one written to the first.
  std::map<std::int64_t, SourceForeignKey, std::greater<>> keys;
  Statement row(connection,
                fmt::format("SELECT id, \"table\", \"from\", \"to\", on_update, on_delete "
                            "FROM pragma_foreign_key_list({}) ORDER BY id, seq",
                            QuoteText(table)));
  while (row.Step()) {
    SourceForeignKey& key = keys[row.Integer(0)];
    key.parent_table = row.Text(1);
    key.columns.push_back(row.Text(2));
    if (!row.IsNull(3)) key.parent_columns.push_back(row.Text(3));
    key.on_update = row.Text(4);
    key.on_delete = row.Text(5);
  }
  std::vector<SourceForeignKey> result;
  for (auto& [id, key] : keys) {
    if (sql.foreign_keys.size() == keys.size()) {
      const TableSql::ForeignKey& written = sql.foreign_keys[result.size()];
      key.name = written.name;
      key.deferrable = written.deferrable;
      key.initially_deferred = written.initially_deferred;
    }
    result.push_back(std::move(key));
  }
  return result;
}

void CompleteForeignKeys(SourceCatalogue& catalogue) {
  for (SourceTable& table : catalogue.tables) {
    std::vector<SourceForeignKey> kept;
    for (SourceForeignKey& key : table.foreign_keys) {
      const SourceTable* parent = FindTable(catalogue, key.parent_table);
      if (parent != nullptr) {
        key.parent_table = parent->name;
        if (key.parent_columns.empty()) key.parent_columns = PrimaryKeyColumns(*parent);
        SpellAs(*parent, key.parent_columns);
        SpellAs(table, key.columns);
      }
      if (parent != nullptr && key.parent_columns.size() == key.columns.size()) {
        kept.push_back(std::move(key));
        continue;
      }
      catalogue.not_migrated.push_back(
          {"foreign key", fmt::format("{}({})", table.name, fmt::join(key.columns, ", ")),
           parent == nullptr ? fmt::format("its parent {} does not exist", key.parent_table)
                             : fmt::format("{} has no primary key of {} columns to refer to",
                                           key.parent_table, key.columns.size()),
           fmt::format("FOREIGN KEY ({}) REFERENCES {}", fmt::join(key.columns, ", "),
                       key.parent_table)});
    }
    table.foreign_keys = std::move(kept);
  }
}

void CheckForeignKeys(Connection& connection, SourceCatalogue& catalogue) {
  for (const SourceTable& table : catalogue.tables) {
    if (table.foreign_keys.empty()) continue;
    // A key to columns that are not unique, or that only the application can compare, makes SQLite
    // refuse the check of the whole table.
    try {
      NoteOrphans(connection, table, catalogue);
    } catch (const Error& error) {
      if (error.interrupted) throw;
      catalogue.notes.push_back(
          fmt::format("{}: SQLite cannot check its foreign keys ({})", table.name, error.what()));
    }
  }
}

}  // namespace transload::sqlite
