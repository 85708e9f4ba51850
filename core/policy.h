// What becomes of values that PostgreSQL cannot hold as they are (docs/policies.md).
//
// The defaults stop on everything but two: whole-zero dates become NULL, and digits beyond
// microseconds are cut. Both are announced by the plan and counted. A policy may be set for the
// whole run, for a table, or for one column.
#ifndef TRANSLOAD_CORE_POLICY_H_
#define TRANSLOAD_CORE_POLICY_H_

#include <string>
#include <string_view>
#include <vector>

namespace transload {

enum class ZeroDate { kNull, kNegInfinity, kEpoch, kError };
enum class PartialDate { kError, kNull, kClampFirst, kText };
enum class YearZero { kError, kBc, kNull };
enum class NulByte { kError, kStrip, kReplace, kBytea };
enum class BadUtf8 { kError, kReplace, kLatin1, kBytea };
enum class JsonBad { kError, kJsonType, kText, kStripNul, kNull };
enum class NumOverflow { kError, kNull, kWiden };
enum class TsExcess { kTruncate, kRound, kError };
enum class BoolOther { kSmallint, kNonzeroTrue, kError };
enum class EnumZero { kNull, kEmpty, kError };
enum class CaseInsensitive { kDeterministic, kIcu, kCitext };
enum class Generated { kMaterialise, kTranslate };
// SQLite: values whose storage class does not fit the declared type.
enum class SqliteMisfit { kWiden, kReject, kStop };
enum class SqliteEpoch { kNone, kUnixSeconds, kUnixMillis, kUnixMicros, kJulian };

struct Policies {
  ZeroDate zero_date = ZeroDate::kNull;
  std::string zero_date_epoch;  // the literal of zero_date = "epoch:1970-01-01"
  PartialDate partial_date = PartialDate::kError;
  YearZero year0 = YearZero::kError;
  NulByte nul_byte = NulByte::kError;
  std::string nul_replacement;  // the "U+2400" of nul_byte = "replace:U+2400"
  BadUtf8 bad_utf8 = BadUtf8::kError;
  JsonBad json_bad = JsonBad::kError;
  NumOverflow num_overflow = NumOverflow::kError;
  TsExcess ts_excess = TsExcess::kTruncate;
  BoolOther bool_other = BoolOther::kSmallint;
  EnumZero enum_zero = EnumZero::kNull;
  CaseInsensitive ci = CaseInsensitive::kDeterministic;
  Generated generated = Generated::kMaterialise;
  SqliteMisfit sqlite_misfit = SqliteMisfit::kWiden;
  SqliteEpoch sqlite_epoch = SqliteEpoch::kNone;

  bool operator==(const Policies&) const = default;
};

struct PolicyInfo {
  std::string name;
  std::vector<std::string> values;  // the default first
  std::string meaning;
};

// Every policy with its values: docs and error messages are made from it.
const std::vector<PolicyInfo>& PolicyCatalogue();

// Sets one policy from its text form ("zero_date", "epoch:1970-01-01"). Throws a usage error that
// lists the known names or values.
void SetPolicy(Policies& policies, std::string_view name, std::string_view value);
// The text form of one policy, the inverse of SetPolicy.
std::string PolicyValue(const Policies& policies, std::string_view name);
// The UTF-8 form of nul_replacement.
std::string NulReplacementUtf8(const Policies& policies);

}  // namespace transload

#endif  // TRANSLOAD_CORE_POLICY_H_
