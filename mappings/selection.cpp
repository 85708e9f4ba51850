#include "mappings/selection.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "core/ascii.h"
#include "core/error.h"
#include "core/glob.h"

namespace transload {
namespace {

// Both ways to write a table.
struct TableNames {
  std::string plain;
  std::string qualified;
};

std::vector<TableNames> NamesOf(const SourceCatalogue& catalogue, bool fold) {
  std::vector<TableNames> names;
  names.reserve(catalogue.tables.size());
  for (const SourceTable& table : catalogue.tables) {
    TableNames entry{table.name, SourceLabel(table)};
    if (fold) entry = {LowerAscii(entry.plain), LowerAscii(entry.qualified)};
    names.push_back(std::move(entry));
  }
  return names;
}

class Matcher {
 public:
  explicit Matcher(const SourceCatalogue& catalogue)
      : exact_(NamesOf(catalogue, false)), folded_(NamesOf(catalogue, true)) {}

  // Marks the tables that one pattern matches; false when it matches none.
  bool Mark(const std::string& pattern, std::vector<bool>& marks) const {
    return MarkIn(exact_, pattern, marks) || MarkIn(folded_, LowerAscii(pattern), marks);
  }

 private:
  static bool MarkIn(const std::vector<TableNames>& names, const std::string& pattern,
                     std::vector<bool>& marks) {
    bool any = false;
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (GlobMatches(pattern, names[i].plain) || GlobMatches(pattern, names[i].qualified)) {
        marks[i] = any = true;
      }
    }
    return any;
  }

  std::vector<TableNames> exact_;
  std::vector<TableNames> folded_;
};

void CheckColumns(const SourceTable& table, const TableOptions& options, const std::string& key) {
  auto check = [&](const std::string& column, const char* where) {
    if (FindSourceColumn(table, column) != std::string::npos) return;
    throw UsageError(fmt::format("{} of [table.\"{}\"] names column '{}', which {} does not have",
                                 where, key, column, SourceLabel(table)));
  };
  for (const std::string& column : options.exclude_columns) check(column, "exclude_columns");
  for (const auto& [column, unused] : options.columns) check(column, "column");
}

// The options of each table, by its place in the catalogue.
std::unordered_map<std::size_t, SelectedTable> TableOptionsByIndex(const PlanRequest& request) {
  std::unordered_map<std::string, std::vector<std::size_t>> by_name;
  const std::vector<SourceTable>& tables = request.catalogue.tables;
  if (!request.options.tables.empty()) {
    for (std::size_t i = 0; i < tables.size(); ++i) {
      const std::string label = SourceLabel(tables[i]);
      by_name[tables[i].name].push_back(i);
      if (label != tables[i].name) by_name[label].push_back(i);
      // Folded names stand behind a mark that no name holds.
      by_name['\0' + LowerAscii(tables[i].name)].push_back(i);
      if (label != tables[i].name) by_name['\0' + LowerAscii(label)].push_back(i);
    }
  }
  std::unordered_map<std::size_t, SelectedTable> out;
  for (const auto& [key, options] : request.options.tables) {
    auto found = by_name.find(key);
    if (found == by_name.end()) found = by_name.find('\0' + LowerAscii(key));
    if (found == by_name.end()) {
      throw UsageError(fmt::format("[table.\"{}\"]: the source has no such table", key));
    }
    for (std::size_t index : found->second) {
      CheckColumns(tables[index], options, key);
      const bool fresh = out.emplace(index, SelectedTable{&tables[index], &options, key}).second;
      if (!fresh) {
        throw UsageError(fmt::format("table {} has options twice: as '{}' and as '{}'",
                                     SourceLabel(tables[index]), out[index].options_key, key));
      }
    }
  }
  return out;
}

}  // namespace

std::size_t FindSourceColumn(const SourceTable& table, const std::string& name) {
  std::size_t folded = std::string::npos;
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    if (table.columns[i].name == name) return i;
    if (folded == std::string::npos && LowerAscii(table.columns[i].name) == LowerAscii(name)) {
      folded = i;
    }
  }
  return folded;
}

bool SelectedTable::Means(const std::string& written, const std::string& column) const {
  if (written == column) return true;
  if (!EqualIgnoringCase(written, column)) return false;
  return source->columns[FindSourceColumn(*source, written)].name == column;
}

const ColumnOptions* SelectedTable::OptionsOf(const std::string& column) const {
  if (options == nullptr) return nullptr;
  if (auto found = options->columns.find(column); found != options->columns.end()) {
    return &found->second;
  }
  for (const auto& [name, settings] : options->columns) {
    if (Means(name, column)) return &settings;
  }
  return nullptr;
}

bool SelectedTable::LeavesOut(const std::string& column) const {
  return options != nullptr &&
         std::any_of(options->exclude_columns.begin(), options->exclude_columns.end(),
                     [&](const std::string& name) { return Means(name, column); });
}

std::vector<bool> PickTables(const SourceCatalogue& catalogue, const Options& options,
                             const UnmatchedPattern& unmatched) {
  const Matcher matcher(catalogue);
  auto mark = [&](const std::vector<std::string>& patterns, const char* option,
                  std::vector<bool>& marks) {
    for (const std::string& pattern : patterns) {
      if (!matcher.Mark(pattern, marks)) unmatched(option, pattern);
    }
  };
  std::vector<bool> picked(catalogue.tables.size(), options.include.empty());
  std::vector<bool> excluded(catalogue.tables.size(), false);
  mark(options.include, "include", picked);
  mark(options.exclude, "exclude", excluded);
  for (std::size_t i = 0; i < picked.size(); ++i) picked[i] = picked[i] && !excluded[i];
  return picked;
}

std::vector<SelectedTable> SelectTables(const PlanRequest& request) {
  const std::vector<SourceTable>& tables = request.catalogue.tables;
  const std::vector<bool> picked = PickTables(
      request.catalogue, request.options, [](const char* option, const std::string& pattern) {
        throw UsageError(fmt::format("--{} '{}' matches no table of the source", option, pattern));
      });
  const auto by_index = TableOptionsByIndex(request);
  std::vector<SelectedTable> out;
  for (std::size_t i = 0; i < tables.size(); ++i) {
    if (!picked[i]) continue;
    auto found = by_index.find(i);
    out.push_back(found == by_index.end() ? SelectedTable{&tables[i], nullptr, ""} : found->second);
  }
  return out;
}

}  // namespace transload
