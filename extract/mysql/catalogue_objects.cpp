// Partition schemes, sequences, and the code that is listed and not carried over.
#include <fmt/format.h>

#include "core/ascii.h"
#include "extract/mysql/catalogue.h"
#include "extract/mysql/sql_text.h"

namespace transload::mysql {
namespace {

constexpr const char* kHidden = "; its definition is hidden from this user";

void List(CatalogueScope& scope, const std::string& kind, const std::string& name,
          std::string reason, const std::string& definition) {
  if (definition.empty()) reason += kHidden;
  scope.catalogue.not_migrated.push_back(
      {kind, scope.database + "." + name, std::move(reason), definition});
}

std::string PartitionBy(const SqlResult& rows, std::size_t row) {
  std::string text = fmt::format("PARTITION BY {} ({})", rows.Text(row, "PARTITION_METHOD"),
                                 rows.Text(row, "PARTITION_EXPRESSION"));
  std::string sub = rows.Text(row, "SUBPARTITION_METHOD");
  if (!sub.empty()) {
    text += fmt::format(" SUBPARTITION BY {} ({})", sub, rows.Text(row, "SUBPARTITION_EXPRESSION"));
  }
  return text;
}

std::string PartitionValues(const SqlResult& rows, std::size_t row) {
  std::string text = "PARTITION " + QuoteName(rows.Text(row, "PARTITION_NAME"));
  std::string method = rows.Text(row, "PARTITION_METHOD");
  std::string values = rows.Text(row, "PARTITION_DESCRIPTION");
  if (StartsWithIgnoringCase(method, "RANGE")) text += " VALUES LESS THAN (" + values + ")";
  if (StartsWithIgnoringCase(method, "LIST")) text += " VALUES IN (" + values + ")";
  return text;
}

void ReadViews(CatalogueScope& scope) {
  SqlResult rows = scope.Query(
      "SELECT TABLE_NAME, VIEW_DEFINITION FROM information_schema.VIEWS WHERE TABLE_SCHEMA = " +
      QuoteText(scope.database) + " ORDER BY TABLE_NAME");
  for (std::size_t i = 0; i < rows.rows.size(); ++i) {
    List(scope, "view", rows.Text(i, "TABLE_NAME"), "views are not translated",
         rows.Text(i, "VIEW_DEFINITION"));
  }
}

void ReadTriggers(CatalogueScope& scope) {
  SqlResult rows = scope.Query(
      "SELECT TRIGGER_NAME, ACTION_TIMING, EVENT_MANIPULATION, EVENT_OBJECT_TABLE, "
      "ACTION_STATEMENT FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = " +
      QuoteText(scope.database) + " ORDER BY TRIGGER_NAME");
  for (std::size_t i = 0; i < rows.rows.size(); ++i) {
    std::string body = rows.Text(i, "ACTION_STATEMENT");
    if (!body.empty()) {
      body = fmt::format("{} {} ON {} FOR EACH ROW {}", rows.Text(i, "ACTION_TIMING"),
                         rows.Text(i, "EVENT_MANIPULATION"),
                         QuoteName(rows.Text(i, "EVENT_OBJECT_TABLE")), body);
    }
    List(scope, "trigger", rows.Text(i, "TRIGGER_NAME"), "triggers are not translated", body);
  }
}

void ReadRoutines(CatalogueScope& scope) {
  SqlResult rows = scope.Query(
      "SELECT ROUTINE_NAME, ROUTINE_TYPE, ROUTINE_DEFINITION FROM information_schema.ROUTINES "
      "WHERE ROUTINE_SCHEMA = " +
      QuoteText(scope.database) + " ORDER BY ROUTINE_NAME, ROUTINE_TYPE");
  for (std::size_t i = 0; i < rows.rows.size(); ++i) {
    List(scope, LowerAscii(rows.Text(i, "ROUTINE_TYPE")), rows.Text(i, "ROUTINE_NAME"),
         "stored code is not translated", rows.Text(i, "ROUTINE_DEFINITION"));
  }
}

void ReadEvents(CatalogueScope& scope) {
  SqlResult rows = scope.Query(
      "SELECT EVENT_NAME, EVENT_DEFINITION FROM information_schema.EVENTS WHERE EVENT_SCHEMA = " +
      QuoteText(scope.database) + " ORDER BY EVENT_NAME");
  for (std::size_t i = 0; i < rows.rows.size(); ++i) {
    List(scope, "event", rows.Text(i, "EVENT_NAME"), "scheduled events are not translated",
         rows.Text(i, "EVENT_DEFINITION"));
  }
}

}  // namespace

void ReadPartitioning(CatalogueScope& scope) {
  SqlResult rows = scope.Query(
      "SELECT TABLE_NAME, PARTITION_NAME, PARTITION_METHOD, PARTITION_EXPRESSION, "
      "PARTITION_DESCRIPTION, SUBPARTITION_METHOD, SUBPARTITION_EXPRESSION, SUBPARTITION_NAME FROM "
      "information_schema.PARTITIONS WHERE TABLE_SCHEMA = " +
      QuoteText(scope.database) +
      " AND PARTITION_NAME IS NOT NULL ORDER BY TABLE_NAME, PARTITION_ORDINAL_POSITION, "
      "SUBPARTITION_ORDINAL_POSITION");
  std::map<std::string, std::vector<std::string>> parts;
  std::map<std::string, std::string> schemes;
  for (std::size_t i = 0; i < rows.rows.size(); ++i) {
    std::string name = rows.Text(i, "TABLE_NAME");
    schemes.try_emplace(name, PartitionBy(rows, i));
    std::string values = PartitionValues(rows, i);
    // With subpartitions a partition has several rows.
    if (parts[name].empty() || parts[name].back() != values) parts[name].push_back(values);
  }
  for (const auto& [name, scheme] : schemes) {
    SourceTable* table = scope.Table(name);
    if (table == nullptr) continue;
    table->partitioning = scheme + " (" + Join(parts[name], ", ") + ")";
  }
}

void ReadSequences(CatalogueScope& scope, const std::vector<std::string>& names) {
  if (names.empty()) return;
  std::vector<std::string> selects;
  for (const std::string& name : names) {
    selects.push_back(fmt::format(
        "SELECT {} AS name, start_value, increment, minimum_value, maximum_value, cache_size, "
        "cycle_option, next_not_cached_value FROM {}",
        QuoteText(name), QuoteTable(scope.database, name)));
  }
  SqlResult rows = scope.Query(Join(selects, " UNION ALL "));
  for (std::size_t i = 0; i < rows.rows.size(); ++i) {
    SourceSequence sequence;
    sequence.schema = scope.database;
    sequence.name = rows.Text(i, "name");
    sequence.start = rows.Text(i, "start_value");
    sequence.increment = rows.Text(i, "increment");
    sequence.minimum = rows.Text(i, "minimum_value");
    sequence.maximum = rows.Text(i, "maximum_value");
    sequence.cache = rows.Text(i, "cache_size");
    sequence.cycle = rows.Text(i, "cycle_option") == "1";
    sequence.next_value = rows.Text(i, "next_not_cached_value");
    scope.catalogue.sequences.push_back(std::move(sequence));
  }
}

void ReadCode(CatalogueScope& scope) {
  ReadViews(scope);
  ReadTriggers(scope);
  ReadRoutines(scope);
  ReadEvents(scope);
}

}  // namespace transload::mysql
