#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "core/sql_quotes.h"
#include "mappings/checks.h"
#include "mappings/observations.h"
#include "mappings/plan_draft.h"

namespace transload {
namespace {

bool IsTemporalSource(const SourceColumn& column) {
  const std::string& type = column.type;
  return type == "date" || type == "datetime" || type == "timestamp" || type == "timestamptz";
}

// Policies under which a value of the column may become NULL.
bool MayBecomeNull(const SourceColumn& column, const Policies& policies, const PgType& type) {
  if (column.format != CellFormat::kDynamic && IsTemporalSource(column)) {
    if (policies.zero_date == ZeroDate::kNull || policies.partial_date == PartialDate::kNull ||
        policies.year0 == YearZero::kNull) {
      return true;
    }
  }
  if (column.type == "enum" && policies.enum_zero == EnumZero::kNull) return true;
  if (policies.num_overflow == NumOverflow::kNull && type.kind <= PgKind::kNumeric) return true;
  const bool json = type.kind == PgKind::kJson || type.kind == PgKind::kJsonb;
  return json && policies.json_bad == JsonBad::kNull;
}

// A key's columns can't hold NULL: what a policy would make NULL is an error there instead.
void KeepNullsOutOfKey(Policies& policies) {
  if (policies.zero_date == ZeroDate::kNull) policies.zero_date = ZeroDate::kError;
  if (policies.partial_date == PartialDate::kNull) policies.partial_date = PartialDate::kError;
  if (policies.year0 == YearZero::kNull) policies.year0 = YearZero::kError;
  if (policies.enum_zero == EnumZero::kNull) policies.enum_zero = EnumZero::kError;
  if (policies.num_overflow == NumOverflow::kNull) policies.num_overflow = NumOverflow::kError;
  if (policies.json_bad == JsonBad::kNull) policies.json_bad = JsonBad::kError;
}

bool KeyHasNulls(const DraftTable& table) {
  return std::any_of(table.columns.begin(), table.columns.end(), [](const DraftColumn& column) {
    return column.role.primary && column.facts != nullptr && column.facts->nulls > 0;
  });
}

void SetNotNull(DraftTable& table, std::size_t index, bool key_has_nulls) {
  ColumnPlan& plan = table.plan.columns[index];
  const KeyRole& role = table.columns[index].role;
  plan.not_null = !plan.source.nullable || (role.primary && !key_has_nulls);
  plan.never_null = plan.not_null && (role.primary || role.unique);
  if (!plan.not_null || !MayBecomeNull(plan.source, plan.policies, plan.type)) return;
  if (plan.never_null) {
    KeepNullsOutOfKey(plan.policies);
    if (IsTemporalSource(plan.source)) {
      plan.note += plan.note.empty() ? "" : "; ";
      plan.note +=
          "part of a key: a zero date is an error here, unless zero_date is neg_infinity or epoch";
    }
  } else {
    plan.not_null_yields = true;
  }
}

// --- enums

// Labels that a PostgreSQL enum can have, or why it can't.
std::string WhyNoEnum(const std::vector<std::string>& labels) {
  std::set<std::string> seen;
  for (const std::string& label : labels) {
    if (label.size() > kLongestName) return "a label is longer than 63 bytes";
    if (!seen.insert(label).second) return "two labels are equal";
  }
  return labels.empty() ? "it has no labels" : "";
}

void MakeEnum(Draft& draft, DraftTable& table, std::size_t index) {
  ColumnPlan& plan = table.plan.columns[index];
  TypeDecision& decision = table.columns[index].decision;
  const std::vector<std::string> labels = EnumLabels(plan.source, plan.policies);
  if (const std::string why = WhyNoEnum(labels); !why.empty()) {
    plan.type = PgType{};
    decision.check = "labels";
    plan.note = "text and a CHECK instead of an enum: " + why;
    return;
  }
  const std::string wanted = table.plan.name + "_" + plan.name;
  NameRegistry& relations = draft.Names(table.plan.schema).relations;
  const std::string owner = relations.Owner(FitName(wanted));
  EnumTypePlan type{table.plan.schema,
                    relations.Allocate(wanted, "type of " + table.ColumnLabel(index)), labels};
  if (type.name != wanted) {
    draft.plan.names.push_back(
        {"type", table.ColumnLabel(index), type.name,
         wanted.size() > kLongestName ? "longer than 63 bytes" : "clashes with " + owner});
  }
  plan.type.labels = labels;
  plan.type.name = QuoteIdent(type.schema) + "." + QuoteIdent(type.name);
  table.plan.types.push_back(std::move(type));
}

// --- identity

std::string LargestValue(PgKind kind) {
  switch (kind) {
    case PgKind::kInt2:
      return "32767";
    case PgKind::kInt4:
      return "2147483647";
    case PgKind::kInt8:
      return "9223372036854775807";
    default:
      return "";
  }
}

// Decimal texts without sign or leading zeros.
bool Exceeds(const std::string& a, const std::string& b) {
  return a.size() != b.size() ? a.size() > b.size() : a > b;
}

void SetIdentity(Draft& draft, DraftTable& table, std::size_t index) {
  ColumnPlan& plan = table.plan.columns[index];
  const std::string largest = LargestValue(plan.type.kind);
  if (largest.empty()) {
    draft.AddHazard(
        table.ColumnLabel(index),
        fmt::format("AUTO_INCREMENT is lost: the column is {}, and PostgreSQL's identity "
                    "columns end at bigint (next value here: {}); new rows must bring "
                    "their own value",
                    plan.type.Sql(), table.source().next_auto_value));
    return;
  }
  plan.identity = true;
  // PostgreSQL looks for a free name among what is there, not among the tables still to be made.
  const std::string sequence = table.plan.name + "_" + plan.name + "_seq";
  const std::string label = "sequence of " + table.ColumnLabel(index);
  NameRegistry& relations = draft.Names(table.plan.schema).relations;
  if (!relations.Take(FitName(sequence), label)) {
    plan.identity_sequence = relations.Allocate(sequence, label);
  }
  table.plan.next_auto_value = table.source().next_auto_value;
  if (Exceeds(table.plan.next_auto_value, largest)) {
    draft.AddHazard(
        table.ColumnLabel(index),
        fmt::format("the identity is exhausted: its next value {} is beyond {}; an "
                    "insert fails until the column is widened, as it does in the source",
                    table.plan.next_auto_value, plan.type.Sql()));
  }
}

std::string RuleText(const TypeDecision& decision, const PgType& type) {
  return fmt::format("{} -> {}", decision.by, type.Sql());
}

// ci=icu: a collation of the target's own for each way in which the source compares.
void SetCollation(Draft& draft, DraftTable& table, std::size_t index) {
  ColumnPlan& plan = table.plan.columns[index];
  const std::string& source = plan.source.collation;
  const bool text = plan.type.kind == PgKind::kVarchar || plan.type.kind == PgKind::kBpchar ||
                    (plan.type.kind == PgKind::kText && plan.type.name.empty());
  if (plan.policies.ci != CaseInsensitive::kIcu || !text || !IsCaseInsensitive(source)) return;
  if (draft.request.target_version < 120000 || !draft.request.target_icu) {
    draft.Refuse(table.ColumnLabel(index),
                 draft.request.target_icu
                     ? "policy ci=icu needs PostgreSQL 12 or newer"
                     : "policy ci=icu needs a target that was built with ICU, which this is not");
    return;
  }
  const bool accents = !IsAccentInsensitive(source);
  const CollationPlan collation{table.plan.schema, accents ? "transload_ci_as" : "transload_ci_ai",
                                accents ? "und-u-ks-level2" : "und-u-ks-level1"};
  plan.collation = QuoteIdent(collation.schema) + "." + QuoteIdent(collation.name);
  std::vector<CollationPlan>& all = draft.plan.collations;
  if (std::find(all.begin(), all.end(), collation) == all.end()) all.push_back(collation);
}

// A way of reading that the column's type has no use for would be passed over without a word.
void CheckDecode(Draft& draft, const DraftTable& table, std::size_t index) {
  const ColumnPlan& plan = table.plan.columns[index];
  const bool uuid = plan.decode == "uuid" || plan.decode == "uuid_swapped";
  const bool text = plan.decode == "latin1_is_utf8";
  const PgKind kind = plan.type.kind;
  if ((!uuid || kind == PgKind::kUuid) && (!text || IsTextKind(kind))) return;
  draft.Refuse(
      table.ColumnLabel(index),
      fmt::format("decode = {} makes a {}, and the column becomes {}: give it another type, "
                  "or leave decode out",
                  plan.decode, uuid ? "uuid" : "text", plan.type.Sql()));
}

// Of several classes: 1 and '1' in a text, x'61' and 'a' in a bytea, 'true' and 1 in a boolean. Of
// one that the type reads: 't' and 'true', '9:30' and '09:30:00', seconds of a double in a
// timestamp. Numbers of either class are compared by value on both sides.
bool MergesValues(const ColumnFacts* facts, const PgType& type) {
  if (facts == nullptr || !facts->known) return false;
  const bool numbers = Count(*facts, "integer") + Count(*facts, "real") > 0;
  const bool texts = Count(*facts, "text") > 0;
  const bool blobs = Count(*facts, "blob") > 0;
  if (numbers + texts + blobs > 1) return true;
  const bool text_form = type.kind == PgKind::kText || type.kind == PgKind::kVarchar;
  const bool number_form = type.kind >= PgKind::kInt2 && type.kind <= PgKind::kNumeric;
  return (texts && !text_form && type.kind != PgKind::kBytea) ||
         (numbers && !number_form && !text_form);
}

void FinishColumn(Draft& draft, DraftTable& table, std::size_t index, bool key_has_nulls) {
  ColumnPlan& plan = table.plan.columns[index];
  TypeDecision& decision = table.columns[index].decision;
  plan.type = *decision.type;
  plan.safe_type = decision.safe;
  plan.note = decision.note;
  plan.decode = decision.decode;
  CheckDecode(draft, table, index);
  plan.merges = MergesValues(table.columns[index].facts, plan.type);
  plan.comment = plan.source.comment;
  if (plan.type.kind == PgKind::kEnum) MakeEnum(draft, table, index);
  plan.rule = RuleText(decision, plan.type);
  SetNotNull(table, index, key_has_nulls);
  if (plan.source.auto_increment) SetIdentity(draft, table, index);
  if (plan.source.zerofill) {
    draft.AddHazard(table.ColumnLabel(index),
                    "ZEROFILL: the values are the same, the leading zeros that MySQL displays are "
                    "not kept");
  }
  SetCollation(draft, table, index);
  if (plan.type.name == "citext" && !draft.request.target_extensions.contains("citext")) {
    draft.Refuse(table.ColumnLabel(index),
                 "policy ci=citext needs the extension citext, which the target does not offer");
  }
}

}  // namespace

void FinishColumns(Draft& draft) {
  for (DraftTable& table : draft.tables) {
    const bool key_has_nulls = KeyHasNulls(table);
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
      FinishColumn(draft, table, i, key_has_nulls);
    }
    const SourceTable& source = table.source();
    table.plan.comment = source.comment;
    table.plan.where = table.selected.options != nullptr ? table.selected.options->where : "";
    table.plan.transactional = source.transactional;
    table.plan.estimated_rows = source.estimated_rows;
    table.plan.estimated_bytes = source.estimated_bytes;
  }
}

}  // namespace transload
