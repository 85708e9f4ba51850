#include <fmt/format.h>
#include <fmt/ranges.h>

#include <set>
#include <utility>

#include "core/ascii.h"
#include "mappings/observations.h"
#include "mappings/plan_draft.h"
#include "mappings/row_width.h"

namespace transload {
namespace {

// A policy that may give two different values of the source one value in the target.
std::string LossyPolicy(const ColumnPlan& column) {
  const Policies& policies = column.policies;
  if (IsTextKind(column.type.kind)) {
    if (policies.nul_byte == NulByte::kStrip || policies.nul_byte == NulByte::kReplace) {
      return "nul_byte=" + PolicyValue(policies, "nul_byte");
    }
    if (policies.bad_utf8 == BadUtf8::kReplace) return "bad_utf8=replace";
  }
  const std::string& type = column.source.type;
  if (type == "date" || type == "datetime" || type == "timestamp" || type == "timestamptz") {
    if (policies.zero_date == ZeroDate::kEpoch) {
      return "zero_date=" + PolicyValue(policies, "zero_date");
    }
    if (policies.partial_date == PartialDate::kClampFirst) return "partial_date=clamp_first";
  }
  if (column.type.kind == PgKind::kBool && policies.bool_other == BoolOther::kNonzeroTrue) {
    return "bool_other=nonzero_true";
  }
  return "";
}

void NoteKeyColumn(Draft& draft, const DraftTable& table, std::size_t index) {
  const ColumnPlan& column = table.plan.columns[index];
  if (column.type.kind == PgKind::kFloat4 || column.type.kind == PgKind::kFloat8) {
    draft.AddHazard(table.ColumnLabel(index),
                    "a binary floating point number in a key: values are kept bit by bit, but "
                    "looking one up by its decimal form may fail");
  }
  if (const std::string policy = LossyPolicy(column); !policy.empty()) {
    draft.AddHazard(table.ColumnLabel(index),
                    fmt::format("{} on a key column may make two keys one: the key's index then "
                                "fails to build",
                                policy));
  }
}

// What a deep scan has found, counted before it happens.
void NoteFindings(Draft& draft, const DraftTable& table, std::size_t index) {
  const ColumnFacts* facts = table.columns[index].facts;
  if (facts == nullptr || !facts->known) return;
  const ColumnPlan& column = table.plan.columns[index];
  for (const char* name :
       {"zero_date", "partial_date", "year0", "nul_byte", "bad_utf8", "json_bad", "enum_zero"}) {
    const std::uint64_t count = Count(*facts, name);
    if (count == 0) continue;
    draft.AddHazard(table.ColumnLabel(index), fmt::format("{} values: policy {}={}", count, name,
                                                          PolicyValue(column.policies, name)));
  }
}

// "2 integers, 1 text": the storage classes that a SQLite column holds.
std::string Classes(const ColumnFacts& facts) {
  std::vector<std::string> classes;
  for (const char* name : {"integer", "real", "text", "blob"}) {
    const std::uint64_t count = Count(facts, name);
    if (count > 0) classes.push_back(fmt::format("{} {}{}", count, name, count == 1 ? "" : "s"));
  }
  return fmt::format("{}", fmt::join(classes, ", "));
}

// Values unlike what the declaration says, and numbers that look like points in time.
void NoteSqliteValues(Draft& draft, const DraftTable& table, std::size_t index) {
  const ColumnFacts* facts = table.columns[index].facts;
  if (facts == nullptr || !facts->known) return;
  const ColumnPlan& column = table.plan.columns[index];
  const std::string declared =
      column.source.full_type.empty() ? "no type" : column.source.full_type;
  if (!facts->samples.empty()) {
    draft.AddHazard(table.ColumnLabel(index),
                    fmt::format("{} in a column declared {}; for example {}", Classes(*facts),
                                declared, fmt::join(facts->samples, ", ")));
  }
  const std::string type = LowerAscii(declared);
  const bool dated =
      type.find("date") != std::string::npos || type.find("time") != std::string::npos;
  if (!dated || column.policies.sqlite_epoch != SqliteEpoch::kNone) return;
  const std::set<std::string> seen = Observations(*facts, column.source);
  // Small integers are years or counts more often than the first days of 1970.
  const bool small = facts->minimum && !WithinRange(*facts, "100000000", "9223372036854775807");
  if (seen.contains("empty") || small) return;
  for (const auto& [observed, policy] : {std::pair("unix_seconds", "unix_s"),
                                         {"unix_millis", "unix_ms"},
                                         {"unix_micros", "unix_us"},
                                         {"julian", "julian"}}) {
    if (!seen.contains(observed)) continue;
    draft.AddHazard(table.ColumnLabel(index),
                    fmt::format("declared {}, and every value may be a point in time counted as "
                                "{}: taken for a number unless policy sqlite_epoch={} says so",
                                declared, observed, policy));
  }
}

void NoteTable(Draft& draft, const DraftTable& table) {
  const SourceTable& source = table.source();
  const std::string label = table.plan.SourceLabel();
  if (!source.transactional) {
    draft.AddHazard(label,
                    fmt::format("engine {}: no snapshot covers it, so rows that change "
                                "during the run may be read in either state",
                                source.engine.empty() ? "without transactions" : source.engine));
  }
  if (!source.partitioning.empty()) {
    draft.Skip("partitioning", label, "the rows go into one plain table", source.partitioning);
  }
  std::vector<std::string> insensitive, otherwise, icu;
  std::vector<PgType> types;
  for (const ColumnPlan& column : table.plan.columns) {
    const bool folded = column.type.name == "citext" || !column.collation.empty();
    if (IsTextKind(column.type.kind) && !folded && IsCaseInsensitive(column.source.collation)) {
      insensitive.push_back(column.source.name);
    }
    if (IsTextKind(column.type.kind) && draft.request.source.rules == "sqlite" &&
        !column.source.collation.empty() && !IsCaseInsensitive(column.source.collation)) {
      otherwise.push_back(
          fmt::format("{} ({})", column.source.name, LowerAscii(column.source.collation)));
    }
    if (!column.collation.empty()) icu.push_back(column.source.name);
    types.push_back(column.type);
  }
  if (!insensitive.empty()) {
    draft.AddHazard(label, fmt::format("compared without regard to case in the source and exactly "
                                       "in PostgreSQL: {}",
                                       fmt::join(insensitive, ", ")));
  }
  if (!otherwise.empty()) {
    draft.AddHazard(label, fmt::format("compared by a collation in the source and exactly in "
                                       "PostgreSQL: {}",
                                       fmt::join(otherwise, ", ")));
  }
  if (!icu.empty()) {
    draft.AddHazard(
        label, fmt::format("compared by ICU, nearly but not just as in the source (ß may equal "
                           "ss, control characters and trailing blanks may count otherwise), "
                           "and without LIKE before PostgreSQL 18: {}",
                           fmt::join(icu, ", ")));
  }
  if (const std::size_t bytes = MostBytesInRow(types); bytes > kRowBytesOfPage) {
    draft.AddHazard(label,
                    fmt::format("{} columns that may need {} bytes of a row: PostgreSQL refuses "
                                "rows that need more than {}, values stored elsewhere not counted",
                                types.size(), bytes, kRowBytesOfPage));
  }
}

}  // namespace

void NoteHazards(Draft& draft) {
  for (const DraftTable& table : draft.tables) {
    NoteTable(draft, table);
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
      if (table.columns[i].role.any()) NoteKeyColumn(draft, table, i);
      NoteFindings(draft, table, i);
      if (draft.request.source.rules == "sqlite") NoteSqliteValues(draft, table, i);
    }
  }
}

}  // namespace transload
