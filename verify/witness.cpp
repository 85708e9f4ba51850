#include "verify/witness.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <exception>
#include <thread>

#include "load/witness.h"
#include "transform/civil_time.h"

namespace transload {
namespace {

constexpr std::size_t kShownInReason = 3;

WitnessForm FormOfType(const SourceColumn& source, const PgType& target) {
  switch (target.kind) {
    case PgKind::kBool:
    case PgKind::kInt2:
    case PgKind::kInt4:
    case PgKind::kInt8:
    case PgKind::kNumeric:
    case PgKind::kBit:
      return WitnessForm::kExact;
    case PgKind::kFloat4:
    case PgKind::kFloat8:
      return WitnessForm::kReal;
    case PgKind::kText:
    case PgKind::kVarchar:
    case PgKind::kBpchar:
    case PgKind::kJson:
    case PgKind::kEnum:
      return WitnessForm::kText;
    case PgKind::kArray:
      return source.type == "set" ? WitnessForm::kText : WitnessForm::kCount;
    case PgKind::kBytea:
      return WitnessForm::kBytes;
    case PgKind::kDate:
      return WitnessForm::kDays;
    case PgKind::kTimestamp:
    case PgKind::kTimestamptz:
      return source.type == "timestamp" && source.format == CellFormat::kCivil
                 ? WitnessForm::kInstant
                 : WitnessForm::kMicros;
    case PgKind::kTime:
    case PgKind::kInterval:
      return WitnessForm::kDuration;
    case PgKind::kUuid:
      return WitnessForm::kUuid;
    case PgKind::kInet:
      return WitnessForm::kAddress;
    default:
      return WitnessForm::kCount;
  }
}

// Policies other than the defaults that change values of this form, so that both engines' sums may
// well differ.
std::string ChangingPolicy(const ColumnPlan& column, WitnessForm form) {
  const Policies& policies = column.policies;
  const bool text = form == WitnessForm::kText || form == WitnessForm::kBytes;
  const bool civil = IsCivil(form);
  if (text && policies.nul_byte != NulByte::kError) return "nul_byte";
  if (text && policies.bad_utf8 != BadUtf8::kError) return "bad_utf8";
  if (civil && policies.zero_date != ZeroDate::kNull && policies.zero_date != ZeroDate::kError) {
    return "zero_date";
  }
  if (civil && policies.partial_date != PartialDate::kError) return "partial_date";
  if (civil && policies.year0 != YearZero::kError) return "year0";
  const bool json = column.type.kind == PgKind::kJson || column.type.kind == PgKind::kJsonb;
  if (json && policies.json_bad == JsonBad::kNull) return "json_bad";
  if (policies.num_overflow != NumOverflow::kError) return "num_overflow";
  if (policies.bool_other == BoolOther::kNonzeroTrue && form == WitnessForm::kExact) {
    return "bool_other";
  }
  const bool fraction = civil || form == WitnessForm::kDuration;
  if (fraction && policies.sqlite_epoch != SqliteEpoch::kNone) return "sqlite_epoch";
  return "";
}

bool FewerFractionDigits(const SourceColumn& source, const PgType& target) {
  return target.precision >= 0 && target.precision < 6 && source.precision > target.precision;
}

std::string ShowDay(std::int64_t day) {
  const CivilDate date = CivilFromDays(static_cast<std::int32_t>(day - kWitnessDayOf2000));
  return fmt::format("{:04}-{:02}-{:02}", date.year, date.month, date.day);
}

std::string ShowMicros(std::uint64_t micros) {
  return fmt::format("{:02}:{:02}:{:02}.{:06}", micros / 3'600'000'000, micros / 60'000'000 % 60,
                     micros / 1'000'000 % 60, micros % 1'000'000);
}

// An extreme value as a person reads it.
std::string ShowExtreme(WitnessForm form, const std::string& text) {
  const bool negative = text.starts_with('-');
  std::uint64_t size = 0;  // microseconds of the last years are more than an int64 has
  const char* const end = text.data() + text.size();
  const auto [stop, failure] = std::from_chars(text.data() + negative, end, size);
  if (failure != std::errc() || stop != end) return text;
  const auto days = static_cast<std::int64_t>(size / kMicrosPerDay);
  const auto rest = static_cast<std::int64_t>(size % kMicrosPerDay);
  switch (form) {
    case WitnessForm::kDays:
      return ShowDay(negative ? -static_cast<std::int64_t>(size) : static_cast<std::int64_t>(size));
    case WitnessForm::kMicros:
    case WitnessForm::kInstant: {
      const std::int64_t first =
          form == WitnessForm::kInstant ? kWitnessDayOf2000 - kUnixDayOf2000 : 0;
      if (!negative) return ShowDay(first + days) + " " + ShowMicros(rest);
      return ShowDay(first - days - (rest > 0 ? 1 : 0)) + " " +
             ShowMicros(rest > 0 ? kMicrosPerDay - rest : 0);
    }
    case WitnessForm::kDuration:
      return (negative ? "-" : "") + ShowMicros(size);
    default:
      return text;
  }
}

void CompareColumn(const WitnessColumn& column, const ColumnWitness& source,
                   const ColumnWitness& target, ReportWitness& witness) {
  const std::string& name = column.target.name;
  auto add = [&](const char* measure, const std::string& left, const std::string& right) {
    witness.measures.push_back({name, measure, left, right, left == right});
  };
  add("count", std::to_string(source.count), std::to_string(target.count));
  if (!source.why_not.empty()) {
    witness.not_compared.emplace_back(name, source.why_not);
    return;
  }
  // An engine leaves out a measure that it does not have, or that has no value.
  using Measure = std::optional<std::string> ColumnWitness::*;
  const std::array<std::pair<const char*, Measure>, 5> measures = {{
      {"minimum", &ColumnWitness::minimum},
      {"maximum", &ColumnWitness::maximum},
      {"sum", &ColumnWitness::sum},
      {"bytes", &ColumnWitness::bytes},
      {"digest", &ColumnWitness::digest},
  }};
  for (const auto& [measure, member] : measures) {
    const auto& left = source.*member;
    const auto& right = target.*member;
    if (!left && !right) continue;
    const bool digest = member == &ColumnWitness::digest;
    if (digest && (!left || !right)) continue;
    add(measure, left.value_or(""), right.value_or(""));
    if (member == &ColumnWitness::minimum || member == &ColumnWitness::maximum) {
      ReportMeasure& last = witness.measures.back();
      last.source = ShowExtreme(column.form, last.source);
      last.target = ShowExtreme(column.form, last.target);
    }
  }
}

std::string Explain(const ReportWitness& witness) {
  std::string text;
  std::size_t shown = 0;
  for (const ReportMeasure& measure : witness.measures) {
    if (measure.agrees || ++shown > kShownInReason) continue;
    text += fmt::format("{}{} of {}: source {}, target {}", text.empty() ? "" : "; ",
                        measure.measure, measure.column.empty() ? "rows" : measure.column,
                        measure.source.empty() ? "none" : measure.source,
                        measure.target.empty() ? "none" : measure.target);
  }
  if (shown > kShownInReason) text += fmt::format("; and {} more", shown - kShownInReason);
  return text;
}

WitnessRequest RequestFor(const BoundTable& table, ReportWitness& witness) {
  WitnessRequest request;
  for (std::size_t i = 0; i < table.columns().size(); ++i) {
    WitnessColumn column{table.columns()[i], table.targets()[i], WitnessForm::kCount};
    std::string why_not;
    column.form = WitnessFormOf(column.plan, column.target.type, why_not);
    if (!why_not.empty()) {
      witness.not_compared.emplace_back(column.target.name, why_not);
      continue;
    }
    request.columns.push_back(std::move(column));
  }
  return request;
}

// The source on a thread of its own, the target on this one.
ReportWitness HearBoth(const BoundTable& table, const SourceWitness& source_witness,
                       TableReader& target) {
  ReportWitness left_out;
  WitnessRequest source_request = RequestFor(table, left_out);
  WitnessRequest target_request = source_request;
  source_request.schema = table.plan().source_schema;
  source_request.table = table.plan().source_name;
  source_request.where = table.plan().where;
  target_request.schema = table.plan().schema;
  target_request.table = table.plan().name;
  target_request.digest = source_witness.sha256;
  TableWitness source_said, target_said;
  std::exception_ptr source_failure, target_failure;
  std::thread source([&] {
    try {
      source_said = source_witness.ask(source_request);
    } catch (...) {
      source_failure = std::current_exception();  // thrown again below
    }
  });
  try {
    target_said = ReadTargetWitness(target, target_request);
  } catch (...) {
    target_failure = std::current_exception();  // thrown again below
  }
  source.join();
  if (source_failure) std::rethrow_exception(source_failure);
  if (target_failure) std::rethrow_exception(target_failure);
  ReportWitness heard = CompareWitnesses(source_request, source_said, target_said);
  heard.not_compared.insert(heard.not_compared.begin(), left_out.not_compared.begin(),
                            left_out.not_compared.end());
  return heard;
}

void Conclude(TableVerdict& verdict) {
  const ReportWitness& witness = verdict.witness;
  auto add = [&](const std::string& reason) {
    verdict.reason += (verdict.reason.empty() ? "" : "; ") + reason;
  };
  if (witness.differing() > 0) {
    verdict.verdict = Verdict::kMismatch;
    add("the second witness disagrees: " + Explain(witness));
  } else if (!witness.why_not.empty() && verdict.verdict == Verdict::kMatch) {
    verdict.verdict = Verdict::kNotVerified;
    add("checksums match, but the second witness could not be heard: " + witness.why_not);
  }
}

}  // namespace

WitnessForm WitnessFormOf(const ColumnPlan& column, const PgType& target, std::string& why_not) {
  const WitnessForm form = FormOfType(column.source, target);
  if (std::string policy = ChangingPolicy(column, form); !policy.empty()) {
    why_not = "policy " + policy + " changes values of this column";
  } else if (form != WitnessForm::kDays && FewerFractionDigits(column.source, target) &&
             (form == WitnessForm::kMicros || form == WitnessForm::kInstant ||
              form == WitnessForm::kDuration)) {
    why_not = "the target keeps fewer digits of a second";
  } else if (column.decode == "latin1_is_utf8") {
    why_not = "its bytes are taken as UTF-8, not as the characters that the source says they are";
  } else if (column.source.full_type == "year(2)") {
    why_not = "years of two digits";
  }
  return form;
}

ReportWitness CompareWitnesses(const WitnessRequest& request, const TableWitness& source,
                               const TableWitness& target) {
  ReportWitness witness;
  witness.asked = true;
  if (!source.why_not.empty()) witness.why_not = source.why_not;
  if (!target.why_not.empty()) witness.why_not = target.why_not;
  if (!witness.why_not.empty()) return witness;
  witness.measures.push_back({"", "count", std::to_string(source.rows), std::to_string(target.rows),
                              source.rows == target.rows});
  for (std::size_t i = 0; i < request.columns.size(); ++i) {
    const WitnessColumn& column = request.columns[i];
    CompareColumn(column, source.columns.at(i), target.columns.at(i), witness);
    if (column.form == WitnessForm::kCount) {
      witness.not_compared.emplace_back(
          column.target.name, fmt::format("{}: values are counted only", column.target.type.Sql()));
    }
  }
  return witness;
}

void HearWitness(const TableAccount& account, const SourceWitness& source, TableReader& target,
                 TableVerdict& verdict) {
  verdict.witness.asked = true;
  if (!account.why_not.empty()) {
    verdict.witness.why_not = account.why_not;
  } else if (verdict.rejected > 0) {
    verdict.witness.why_not =
        fmt::format("the source counts {} rejected rows too", verdict.rejected);
  } else if (account.sampled) {
    verdict.witness.why_not = "only a sample was copied";
  } else if (!source.ask) {
    verdict.witness.why_not = "the source cannot be asked again";
  } else {
    verdict.witness = HearBoth(*account.table, source, target);
  }
  Conclude(verdict);
}

}  // namespace transload
