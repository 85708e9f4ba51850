// Dates and times: from civil fields to PostgreSQL's counts, by a column's policies.
//
// PostgreSQL counts days and microseconds from 2000-01-01, proleptic Gregorian, and has the year 0
// of ISO 8601 as 1 BC.
#ifndef TRANSLOAD_TRANSFORM_CIVIL_TIME_H_
#define TRANSLOAD_TRANSFORM_CIVIL_TIME_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "core/cell.h"
#include "core/plan.h"
#include "transform/encode_context.h"

namespace transload {

inline constexpr std::int64_t kMicrosPerSecond = 1'000'000;
inline constexpr std::int64_t kMicrosPerDay = 86'400 * kMicrosPerSecond;
inline constexpr std::int32_t kDayInfinity = INT32_MAX;
inline constexpr std::int32_t kDayMinusInfinity = INT32_MIN;
inline constexpr std::int64_t kMicrosInfinity = INT64_MAX;
inline constexpr std::int64_t kMicrosMinusInfinity = INT64_MIN;
// 1970-01-01 as days since 2000-01-01.
inline constexpr std::int32_t kUnixEpochDay = -10957;

// Days since 2000-01-01 of a proleptic Gregorian date from the year -32800 on. Month and day must
// be in range.
inline std::int32_t DaysFromCivil(std::int32_t year, unsigned month, unsigned day) {
  // Years begin in March, so that the leap day is the last of its year, and are counted from one
  // before all dates, so that no division sees a negative number.
  constexpr std::int32_t kFirstYear = -32800, kDaysTo2000 = 12'710'379;
  const bool in_last = month <= 2;
  const std::uint32_t years = static_cast<std::uint32_t>(year - kFirstYear) - in_last;
  const std::uint32_t months = in_last ? month + 9 : month - 3;
  const std::uint32_t centuries = years / 100;
  const std::uint32_t days =
      years * 1461 / 4 - centuries + centuries / 4 + (153 * months + 2) / 5 + day - 1;
  return static_cast<std::int32_t>(days) - kDaysTo2000;
}
struct CivilDate {
  std::int32_t year;
  unsigned month;
  unsigned day;
};
CivilDate CivilFromDays(std::int32_t days_since_2000);
unsigned DaysInMonth(std::int32_t year, unsigned month);

// "2024-05-06[(T| )07:08[:09[.123]]][ ](Z|+hh[[:]mm])", as SQLite's date functions and JSON have
// it. Only digits and ranges of the time are checked, the date is left to CivilRules.
struct IsoTime {
  CivilTime time{};
  bool has_time = false;
  bool has_zone = false;
  std::int32_t zone_seconds = 0;  // east of UTC
};
bool ParseIsoTime(std::string_view text, IsoTime& out);
// "[-]HH:MM[:SS[.fraction]]", up to 838 hours and more. Digits beyond nanoseconds set the last one.
bool ParseDuration(std::string_view text, std::int64_t& nanos);

// The policies of a column that hold dates, bound.
class CivilRules {
 public:
  // Throws a usage Error when the literal of zero_date=epoch:… is no date.
  explicit CivilRules(const ColumnPlan& column);

  enum class Outcome { kValue, kNull, kMinusInfinity, kFault };
  // Days of the date fields, the time of day untouched. Anything but kValue leaves `days` alone.
  // kFault has said why.
  Outcome Days(EncodeContext& context, CivilTime& time, std::int32_t& days) const {
    if (time.year > 0 && time.month - 1u < 12u && time.day - 1u < 28u) [[likely]] {
      days = DaysFromCivil(time.year, time.month, time.day);
      return Outcome::kValue;
    }
    return OddDays(context, time, days);
  }
  // Nanoseconds to microseconds at `precision` fractional digits (6: all). False: fault said.
  // Rounding follows PostgreSQL: half away from zero, counted from 2000-01-01.
  bool Micros(EncodeContext& context, std::int64_t whole_micros, std::uint32_t nanos,
              std::int32_t precision, std::int64_t& micros) const {
    micros = whole_micros + nanos / 1000;
    if (nanos == 0) return true;
    const std::uint32_t unit = precision < 0 ? 1000 : kNanosPerUnit[precision];
    // A division by a constant is none.
    const bool whole = unit == 1000 ? nanos % 1000 == 0 : nanos % unit == 0;
    return whole || ExcessMicros(context, whole_micros, nanos, unit, micros);
  }

 private:
  static constexpr std::uint32_t kNanosPerUnit[] = {
      1'000'000'000, 100'000'000, 10'000'000, 1'000'000, 100'000, 10'000, 1'000};
  Outcome OddDays(EncodeContext& context, CivilTime& time, std::int32_t& days) const;
  bool ExcessMicros(EncodeContext& context, std::int64_t whole_micros, std::uint32_t nanos,
                    std::uint32_t unit, std::int64_t& micros) const;

  ZeroDate zero_date_;
  PartialDate partial_date_;
  YearZero year0_;
  bool never_null_;
  TsExcess ts_excess_;
  std::string epoch_rule_;  // "zero_date=epoch:1970-01-01"
  IsoTime epoch_;
};

}  // namespace transload

#endif  // TRANSLOAD_TRANSFORM_CIVIL_TIME_H_
