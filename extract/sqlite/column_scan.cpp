#include "extract/sqlite/column_scan.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <utility>

#include "core/short_decimal.h"
#include "core/utf8.h"
#include "extract/sqlite/declared_type.h"
#include "extract/sqlite/sql_tokens.h"

namespace transload::sqlite {
namespace {

constexpr std::int64_t kExactInDouble = std::int64_t{1} << 53;
constexpr std::int64_t kYear2100 = 4'102'444'800;  // Unix seconds

std::uint32_t CountDigits(std::int64_t value) {
  std::uint64_t rest =
      value < 0 ? ~static_cast<std::uint64_t>(value) + 1 : static_cast<std::uint64_t>(value);
  std::uint32_t digits = 0;
  for (; rest > 0; rest /= 10) ++digits;
  return digits;
}

void Raise(std::uint64_t& maximum, std::uint64_t value) { maximum = std::max(maximum, value); }

}  // namespace

ColumnScan::ColumnScan(const SourceColumn& column)
    : column_(column),
      declared_json_(column.type.find("json") != std::string::npos),
      wants_digits_(AffinityOf(column.full_type) != Affinity::kReal) {}

void ColumnScan::AddInteger(std::int64_t value) {
  ++integers_;
  last_ = Sampled::kInteger;
  if (value == 0 || value == 1) ++bools_;
  if (value > kExactInDouble || value < -kExactInDouble) ++beyond_double_;
  if (value >= 0 && value <= kYear2100) ++unix_seconds_;
  if (value >= 100'000'000'000 && value <= kYear2100 * 1000) ++unix_millis_;
  if (value >= 100'000'000'000'000 && value <= kYear2100 * 1'000'000) ++unix_micros_;
  minimum_ = std::min(minimum_, value);
  maximum_ = std::max(maximum_, value);
  Raise(max_bytes_, 8);
}

void ColumnScan::AddReal(double value) {
  ++reals_;
  last_ = Sampled::kFraction;
  Raise(max_bytes_, 8);
  if (!std::isfinite(value)) {
    ++infinite_;
    return;
  }
  if (std::trunc(value) == value && std::abs(value) <= static_cast<double>(kExactInDouble)) {
    ++integral_reals_;
    last_ = Sampled::kReal;
  }
  if (value >= 1721059.5 && value <= 5373484.5) ++julian_;
  if (wants_digits_ && !HasDigitsOfOthers(std::abs(value))) {
    const RealDigits digits = DigitsOf(value);
    Raise(max_scale_, digits.scale);
    Raise(max_int_digits_, digits.int_digits);
  }
}

// Most values have no more digits than one before them: a look at that many is enough.
bool ColumnScan::HasDigitsOfOthers(double magnitude) const {
  if (max_scale_ > kMostShortScale) return false;
  const std::size_t most = std::min<std::size_t>(max_int_digits_, std::size(kShortPowers) - 1);
  return magnitude < kShortPowers[most] && UnitsAt(magnitude, static_cast<int>(max_scale_));
}

void ColumnScan::AddText(std::string_view text) {
  ++texts_;
  Raise(max_bytes_, text.size());
  const TextShape shape = ShapeOf(text);
  if (!shape.utf8 || shape.nul) {
    if (shape.nul) ++nul_bytes_;
    if (!shape.utf8) ++bad_utf8_;
    if (shape.utf8) Raise(max_chars_, shape.chars);
    last_ = shape.utf8 ? Sampled::kNulByte : Sampled::kBadUtf8;
    return;
  }
  Raise(max_chars_, shape.chars);
  const TextFinding finding = Classify(text);
  ++classes_[static_cast<std::size_t>(finding.text_class)];
  if (finding.boolean) ++text_bools_;
  if (finding.excess_digits) ++excess_digits_;
  Raise(max_scale_, finding.scale);
  Raise(max_int_digits_, finding.int_digits);
  last_ = finding.text_class == TextClass::kOther ? Sampled::kOtherText : Sampled::kText;
  if (!declared_json_) return;
  const JsonFinding json = ExamineJson(text);
  if (json.json) ++json_;
  if (json.jsonb) ++jsonb_;
}

void ColumnScan::AddBlob(std::string_view bytes) {
  ++blobs_;
  last_ = Sampled::kBlob;
  Raise(max_bytes_, bytes.size());
  if (bytes.size() == 16) ++blob_uuids_;
  if (FindBadText(bytes) == bytes.size()) ++blob_utf8_;
}

void ColumnScan::Merge(const ColumnScan& other) {
  const std::pair<std::uint64_t*, std::uint64_t> sums[] = {
      {&nulls_, other.nulls_},
      {&integers_, other.integers_},
      {&bools_, other.bools_},
      {&beyond_double_, other.beyond_double_},
      {&unix_seconds_, other.unix_seconds_},
      {&unix_millis_, other.unix_millis_},
      {&unix_micros_, other.unix_micros_},
      {&reals_, other.reals_},
      {&integral_reals_, other.integral_reals_},
      {&infinite_, other.infinite_},
      {&julian_, other.julian_},
      {&texts_, other.texts_},
      {&text_bools_, other.text_bools_},
      {&excess_digits_, other.excess_digits_},
      {&nul_bytes_, other.nul_bytes_},
      {&bad_utf8_, other.bad_utf8_},
      {&json_, other.json_},
      {&jsonb_, other.jsonb_},
      {&blobs_, other.blobs_},
      {&blob_uuids_, other.blob_uuids_},
      {&blob_utf8_, other.blob_utf8_},
  };
  for (const auto& [sum, more] : sums) *sum += more;
  for (std::size_t i = 0; i < classes_.size(); ++i) classes_[i] += other.classes_[i];
  minimum_ = std::min(minimum_, other.minimum_);
  maximum_ = std::max(maximum_, other.maximum_);
  Raise(max_bytes_, other.max_bytes_);
  Raise(max_chars_, other.max_chars_);
  Raise(max_scale_, other.max_scale_);
  Raise(max_int_digits_, other.max_int_digits_);
  for (std::size_t i = 0; i < samples_.size(); ++i) {
    samples_[i].insert(samples_[i].end(), other.samples_[i].begin(), other.samples_[i].end());
    if (samples_[i].size() > kSamples) samples_[i].resize(kSamples);
  }
}

// What the declared type lets one expect; where it leaves that open, the commonest kind.
bool ColumnScan::Deviates(Sampled kind) const {
  if (kind == Sampled::kNulByte || kind == Sampled::kBadUtf8) return true;
  const bool number =
      kind == Sampled::kInteger || kind == Sampled::kReal || kind == Sampled::kFraction;
  const bool text = kind == Sampled::kText || kind == Sampled::kOtherText;
  const Affinity affinity = AffinityOf(column_.full_type);
  if (affinity == Affinity::kInteger) return !number || kind == Sampled::kFraction;
  if (affinity == Affinity::kReal) return !number;
  if (affinity == Affinity::kText) return !text;
  if (column_.type.find("blob") != std::string::npos) return kind != Sampled::kBlob;
  const std::uint64_t most = std::max({numbers(), texts_, blobs_});
  if (number) return numbers() < most;
  if (kind == Sampled::kBlob) return blobs_ < most;
  if (texts_ < most) return true;
  const bool dated = column_.type.find("date") != std::string::npos ||
                     column_.type.find("time") != std::string::npos;
  return dated && kind == Sampled::kOtherText;
}

ColumnFacts ColumnScan::Facts(const SourceTable& table) const {
  ColumnFacts facts;
  facts.schema = table.schema;
  facts.table = table.name;
  facts.column = column_.name;
  facts.known = true;
  facts.nulls = nulls_;
  facts.rows = nulls_ + integers_ + reals_ + texts_ + blobs_;
  if (integers_ > 0) {
    facts.minimum = std::to_string(minimum_);
    facts.maximum = std::to_string(maximum_);
  }
  facts.max_bytes = max_bytes_;
  std::uint64_t int_digits = max_int_digits_;
  if (integers_ > 0) {
    Raise(int_digits, std::max(CountDigits(minimum_), CountDigits(maximum_)));
  }
  const auto of = [&](TextClass text_class) {
    return classes_[static_cast<std::size_t>(text_class)];
  };
  const std::pair<const char*, std::uint64_t> counts[] = {
      {"integer", integers_},
      {"int_bool", bools_},
      {"int_beyond_double", beyond_double_},
      {"int_unix_seconds", unix_seconds_},
      {"int_unix_millis", unix_millis_},
      {"int_unix_micros", unix_micros_},
      {"real", reals_},
      {"integral_real", integral_reals_},
      {"real_infinite", infinite_},
      {"real_julian", julian_},
      {"text", texts_},
      {"text_empty", of(TextClass::kEmpty)},
      {"text_integer", of(TextClass::kInteger)},
      {"text_decimal", of(TextClass::kDecimal)},
      {"text_date", of(TextClass::kDate)},
      {"text_datetime", of(TextClass::kDatetime)},
      {"text_datetime_zone", of(TextClass::kDatetimeZone)},
      {"text_time", of(TextClass::kTime)},
      {"text_uuid", of(TextClass::kUuid)},
      {"text_json", of(TextClass::kJson)},
      {"json", json_},
      {"json_jsonb", jsonb_},
      {"text_bool", text_bools_},
      {"text_excess_digits", excess_digits_},
      {"nul_byte", nul_bytes_},
      {"bad_utf8", bad_utf8_},
      {"blob", blobs_},
      {"blob_uuid", blob_uuids_},
      {"blob_utf8", blob_utf8_},
      {"max_chars", max_chars_},
      {"max_scale", max_scale_},
      {"max_int_digits", int_digits},
  };
  for (const auto& [name, count] : counts) {
    if (count > 0) facts.counts.emplace_back(name, count);
  }
  for (std::size_t i = 0; i < samples_.size(); ++i) {
    if (!Deviates(static_cast<Sampled>(i))) continue;
    facts.samples.insert(facts.samples.end(), samples_[i].begin(), samples_[i].end());
  }
  return facts;
}

}  // namespace transload::sqlite
