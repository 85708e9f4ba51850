// The second witness: aggregates of a table's columns that each engine computes by its own SQL, to
// be compared across engines (docs/verification.md).
//
// What both sides must agree on is here: for each form of a column, what the measures mean. How an
// engine computes them is its adapter's; no adapter uses code that copying rows uses.
#ifndef TRANSLOAD_CORE_WITNESS_H_
#define TRANSLOAD_CORE_WITNESS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/plan.h"

namespace transload {

// What a column's values are to both engines. Each but kCount has count, minimum and maximum.
enum class WitnessForm : std::uint8_t {
  kCount,     // nothing but the number of values: jsonb, geometries, ...
  kExact,     // integers, exact decimals, truth values as 0 and 1, bits as an integer; sum
  kReal,      // IEEE 754. Sum: of CutReal() below, an integer, so that no order matters
  kText,      // UTF-8 bytes. Bytes, digest; minimum and maximum of the first 64 bytes, in hex
  kBytes,     // as kText
  kDays,      // dates as days, 0001-01-01 being 366 (MySQL's TO_DAYS); sum
  kMicros,    // microseconds since day 0 of kDays; sum
  kInstant,   // microseconds since 1970-01-01 00:00 UTC; sum
  kDuration,  // microseconds, with a sign; sum
  kUuid,      // as kText, of 32 lower-case hex digits
  kAddress,   // as kText, of the address bytes in lower-case hex
};

// Dates with or without a time, instants.
inline bool IsCivil(WitnessForm form) {
  return form == WitnessForm::kDays || form == WitnessForm::kMicros ||
         form == WitnessForm::kInstant;
}

// Sums of floating point numbers depend on their order. So each is turned into an integer that both
// engines compute without rounding: trunc(x * 65536) where |x| < 2^37, else trunc(x / 512) where
// |x| < 2^62, else left out. Such integers have at most 53 bits.
inline constexpr const char* kSmallReal = "137438953472";
inline constexpr const char* kLargeReal = "4611686018427387904";

// 2000-01-01 as a day of kDays, and of kInstant's 1970.
inline constexpr std::int64_t kWitnessDayOf2000 = 730'485;
inline constexpr std::int64_t kUnixDayOf2000 = 10'957;

// Bytes that minimum and maximum of texts look at.
inline constexpr int kWitnessBytes = 64;

struct WitnessColumn {
  ColumnPlan plan;      // how it was mapped
  TargetColumn target;  // what the target has
  WitnessForm form = WitnessForm::kCount;
};

struct WitnessRequest {
  std::string schema;
  std::string table;
  std::string where;   // SQL of that side, or empty
  bool digest = true;  // false: nobody would compare it
  std::vector<WitnessColumn> columns;
};

// Decimal text in its shortest form, hex in lower case; nothing where the form or the engine has no
// such measure, or there are no values.
struct ColumnWitness {
  std::string why_not;  // this column's values cannot be told by this engine; only count holds
  std::uint64_t count = 0;
  std::optional<std::string> minimum, maximum, sum, bytes;
  // Sum of the first 60 bits of the SHA-256 of each value; nothing where the engine has no SHA-256.
  std::optional<std::string> digest;
};

struct TableWitness {
  std::string why_not;  // nothing could be computed: the engine has no witness, a query failed
  std::uint64_t rows = 0;
  std::vector<ColumnWitness> columns;
};

// --- what adapters share to bring answers into their shortest form
// "-0012.500" becomes "-12.5", "-0.0" becomes "0". Anything that is no decimal is left alone.
std::string ShortestDecimal(const std::string& text);
// A floating point number, as its shortest text that reads back as the same number.
std::string ShortestReal(double value);
std::string LowerHexDigits(std::string hex);

}  // namespace transload

#endif  // TRANSLOAD_CORE_WITNESS_H_
