// date, timestamp, timestamptz, time and interval.
#include <fmt/format.h>

#include <cmath>

#include "transform/bind_source.h"
#include "transform/civil_time.h"

namespace transload {
namespace {

constexpr std::int64_t kNanosPerSecond = 1'000'000'000;
// 4713-11-24 BC, where PostgreSQL's dates begin.
constexpr std::int32_t kFirstDay = -2451545;

bool WholeTime(const CivilTime& time) {
  return time.hour < 24 && time.minute < 60 && time.second < 60 && time.nanos < kNanosPerSecond;
}

std::int64_t TimeOfDayMicros(const CivilTime& time) {
  return (std::int64_t{time.hour} * 3600 + time.minute * 60 + time.second) * kMicrosPerSecond;
}

// Numbers in columns declared as dates: SQLite's epochs.
class Epoch {
 public:
  explicit Epoch(const Binding& binding) : unit_(binding.policies().sqlite_epoch) {}

  bool Micros(EncodeContext& context, std::int64_t value, std::int64_t& micros) const {
    std::int64_t scale = 1;
    if (unit_ == SqliteEpoch::kUnixSeconds) scale = kMicrosPerSecond;
    if (unit_ == SqliteEpoch::kUnixMillis) scale = 1000;
    if (unit_ == SqliteEpoch::kJulian) return Micros(context, static_cast<double>(value), micros);
    // Coarse, against overflow; the upper end is inside PostgreSQL's range.
    if (value > INT64_MAX / 4 / scale || value < INT64_MIN / 16 / scale) return Outside(context);
    micros = value * scale + std::int64_t{kUnixEpochDay} * kMicrosPerDay;
    return InRange(context, micros);
  }
  bool Micros(EncodeContext& context, double value, std::int64_t& micros) const {
    long double exact = 0;
    switch (unit_) {
      case SqliteEpoch::kJulian:
        // A double has about 0.04 ms of resolution here: milliseconds, as SQLite itself rounds.
        exact =
            std::floor((static_cast<long double>(value) - 2451544.5L) * 86'400'000 + 0.5L) * 1000;
        break;
      case SqliteEpoch::kUnixSeconds:
        exact = std::floor(static_cast<long double>(value) * 1e6L + 0.5L);
        break;
      case SqliteEpoch::kUnixMillis:
        exact = std::floor(static_cast<long double>(value) * 1e3L + 0.5L);
        break;
      default:
        exact = value;
    }
    if (unit_ != SqliteEpoch::kJulian)
      exact += static_cast<long double>(kUnixEpochDay) * kMicrosPerDay;
    if (!(exact > -3e17L && exact < 9e18L)) return Outside(context);
    micros = static_cast<std::int64_t>(exact);
    return InRange(context, micros);
  }

 private:
  static bool InRange(EncodeContext& context, std::int64_t micros) {
    return micros >= kFirstDay * kMicrosPerDay || Outside(context);
  }
  static bool Outside(EncodeContext& context) {
    return context.Misfit(fmt::format("{} is outside of PostgreSQL's dates", context.Shown()));
  }

  SqliteEpoch unit_;
};

class DateTarget {
 public:
  explicit DateTarget(const Binding& binding) : rules_(binding.column), epoch_(binding) {
    year_ = binding.source().type == "year";
  }

  bool Put(EncodeContext& context, CivilValue v) const {
    std::int32_t days = 0;
    switch (rules_.Days(context, v.time, days)) {
      case CivilRules::Outcome::kValue:
        break;
      case CivilRules::Outcome::kNull:
        return context.PutNull();
      case CivilRules::Outcome::kMinusInfinity:
        return context.Put32(static_cast<std::uint32_t>(kDayMinusInfinity));
      case CivilRules::Outcome::kFault:
        return false;
    }
    if ((v.time.hour | v.time.minute | v.time.second) != 0 || v.time.nanos != 0) {
      context.Coerced("date=time_cut");
    }
    return context.Put32(static_cast<std::uint32_t>(days));
  }
  bool Put(EncodeContext& context, TextValue v) const {
    IsoTime iso;
    if (!ParseIsoTime(v.text, iso) || iso.has_zone) {
      return context.Misfit(fmt::format("'{}' is no date", context.Shown()));
    }
    return Put(context, CivilValue{iso.time});
  }
  bool Put(EncodeContext& context, SignedValue v) const {
    if (year_) return PutYear(context, v.value);
    std::int64_t micros = 0;
    return epoch_.Micros(context, v.value, micros) && PutMicros(context, micros);
  }
  bool Put(EncodeContext& context, UnsignedValue v) const {
    return Put(context, SignedValue{static_cast<std::int64_t>(v.value)});
  }
  bool Put(EncodeContext& context, Float64Value v) const {
    std::int64_t micros = 0;
    return epoch_.Micros(context, v.value, micros) && PutMicros(context, micros);
  }

 private:
  // MySQL's YEAR as the first day of that year; its 0000 is a zero date.
  bool PutYear(EncodeContext& context, std::int64_t year) const {
    if (year < 0 || year > 9999) {
      return context.Fault(fmt::format("year {} is no date", year));
    }
    CivilTime time{};
    time.year = static_cast<std::int16_t>(year);
    time.month = time.day = year == 0 ? 0 : 1;
    return Put(context, CivilValue{time});
  }
  static bool PutMicros(EncodeContext& context, std::int64_t micros) {
    std::int64_t days = micros / kMicrosPerDay;
    if (micros % kMicrosPerDay != 0) {
      context.Coerced("date=time_cut");
      if (micros < 0) --days;
    }
    return context.Put32(static_cast<std::uint32_t>(static_cast<std::int32_t>(days)));
  }

  CivilRules rules_;
  Epoch epoch_;
  bool year_;
};

class TimestampTarget {
 public:
  explicit TimestampTarget(const Binding& binding)
      : rules_(binding.column),
        epoch_(binding),
        precision_(binding.type().precision),
        with_zone_(binding.type().kind == PgKind::kTimestamptz),
        instants_(binding.column.source.format == CellFormat::kText &&
                  binding.column.source.type == "timestamptz") {}

  bool Put(EncodeContext& context, CivilValue v) const { return PutCivil(context, v.time, 0); }
  bool Put(EncodeContext& context, TextValue v) const {
    IsoTime iso;
    if (!ParseIsoTime(v.text, iso)) {
      return context.Misfit(fmt::format("'{}' is no date and time", context.Shown()));
    }
    // A column of instants that was mapped to a timestamp on purpose: what the clock showed in UTC.
    if (iso.has_zone != with_zone_ && !(iso.has_zone && instants_)) {
      return context.Misfit(
          with_zone_
              ? fmt::format("'{}' has no time zone, and the target is timestamptz", context.Shown())
              : fmt::format("'{}' has a time zone, and the target is a timestamp without one",
                            context.Shown()));
    }
    return PutCivil(context, iso.time, iso.zone_seconds);
  }
  bool Put(EncodeContext& context, SignedValue v) const {
    std::int64_t micros = 0;
    return epoch_.Micros(context, v.value, micros) && PutMicros(context, micros);
  }
  bool Put(EncodeContext& context, UnsignedValue v) const {
    return Put(context, SignedValue{static_cast<std::int64_t>(v.value)});
  }
  bool Put(EncodeContext& context, Float64Value v) const {
    std::int64_t micros = 0;
    return epoch_.Micros(context, v.value, micros) && PutMicros(context, micros);
  }

 private:
  bool PutCivil(EncodeContext& context, CivilTime& time, std::int32_t zone_seconds) const {
    std::int32_t days = 0;
    switch (rules_.Days(context, time, days)) {
      case CivilRules::Outcome::kValue:
        break;
      case CivilRules::Outcome::kNull:
        return context.PutNull();
      case CivilRules::Outcome::kMinusInfinity:
        return context.Put64(static_cast<std::uint64_t>(kMicrosMinusInfinity));
      case CivilRules::Outcome::kFault:
        return false;
    }
    if (!WholeTime(time)) {
      return context.Fault(fmt::format("'{}' is no time of day", context.Shown()));
    }
    const std::int64_t whole =
        days * kMicrosPerDay + TimeOfDayMicros(time) - zone_seconds * kMicrosPerSecond;
    std::int64_t micros = 0;
    if (!rules_.Micros(context, whole, time.nanos, precision_, micros)) return false;
    return context.Put64(static_cast<std::uint64_t>(micros));
  }
  bool PutMicros(EncodeContext& context, std::int64_t micros) const {
    std::int64_t fraction = micros % kMicrosPerSecond;
    if (fraction < 0) fraction += kMicrosPerSecond;
    std::int64_t rounded = 0;
    if (!rules_.Micros(context, micros - fraction, static_cast<std::uint32_t>(fraction) * 1000,
                       precision_, rounded)) {
      return false;
    }
    return context.Put64(static_cast<std::uint64_t>(rounded));
  }

  CivilRules rules_;
  Epoch epoch_;
  std::int32_t precision_;
  bool with_zone_;
  bool instants_;  // written as text with their zone
};

// Nanoseconds of a duration to microseconds at a precision, by magnitude: -0.5 s rounds like 0.5 s.
bool DurationMicros(EncodeContext& context, const CivilRules& rules, std::int64_t nanos,
                    std::int32_t precision, std::int64_t& micros) {
  const bool negative = nanos < 0;
  const std::uint64_t magnitude =
      negative ? 0 - static_cast<std::uint64_t>(nanos) : static_cast<std::uint64_t>(nanos);
  const std::int64_t whole =
      static_cast<std::int64_t>(magnitude / kNanosPerSecond) * kMicrosPerSecond;
  if (!rules.Micros(context, whole, static_cast<std::uint32_t>(magnitude % kNanosPerSecond),
                    precision, micros)) {
    return false;
  }
  if (negative) micros = -micros;
  return true;
}

class TimeTarget {
 public:
  explicit TimeTarget(const Binding& binding)
      : rules_(binding.column), precision_(binding.type().precision) {}

  bool Put(EncodeContext& context, DurationValue v) const {
    // 24:00:00 itself is a time in PostgreSQL.
    if (v.nanos < 0 || v.nanos > 86'400 * kNanosPerSecond) {
      return context.Misfit(
          fmt::format("{} is no time of day; an interval would hold it", context.Shown()));
    }
    std::int64_t micros = 0;
    return DurationMicros(context, rules_, v.nanos, precision_, micros) &&
           context.Put64(static_cast<std::uint64_t>(micros));
  }
  bool Put(EncodeContext& context, TextValue v) const {
    std::int64_t nanos = 0;
    if (!ParseDuration(v.text, nanos)) {
      return context.Misfit(fmt::format("'{}' is no time of day", context.Shown()));
    }
    return Put(context, DurationValue{nanos});
  }

 private:
  CivilRules rules_;
  std::int32_t precision_;
};

class IntervalTarget {
 public:
  explicit IntervalTarget(const Binding& binding)
      : rules_(binding.column), precision_(binding.type().precision) {}

  bool Put(EncodeContext& context, DurationValue v) const {
    std::int64_t micros = 0;
    if (!DurationMicros(context, rules_, v.nanos, precision_, micros)) return false;
    // Microseconds only: days and months stay 0, so that 25:00:00 comes back as 25:00:00.
    char* const field = context.at;
    StoreBe32(field, 16);
    StoreBe64(field + 4, static_cast<std::uint64_t>(micros));
    StoreBe64(field + 12, 0);
    context.at += 20;
    return true;
  }
  bool Put(EncodeContext& context, TextValue v) const {
    std::int64_t nanos = 0;
    if (!ParseDuration(v.text, nanos)) {
      return context.Misfit(fmt::format("'{}' is no duration HH:MM:SS", context.Shown()));
    }
    return Put(context, DurationValue{nanos});
  }

 private:
  CivilRules rules_;
  std::int32_t precision_;
};

// Numbers are dates only where the user said which epoch they count from.
bool NumbersAreDates(const Binding& binding) {
  const bool number = binding.format == CellFormat::kSigned ||
                      binding.format == CellFormat::kUnsigned ||
                      binding.format == CellFormat::kFloat64;
  return !number || binding.policies().sqlite_epoch != SqliteEpoch::kNone;
}

}  // namespace

EncoderPtr MakeDateEncoder(const Binding& binding) {
  const bool year = binding.source().type == "year" && binding.format != CellFormat::kFloat64;
  if (binding.enum_index() || (!NumbersAreDates(binding) && !year)) return nullptr;
  return BindSource(binding, DateTarget(binding));
}

EncoderPtr MakeTimestampEncoder(const Binding& binding) {
  if (binding.enum_index() || !NumbersAreDates(binding)) return nullptr;
  return BindSource(binding, TimestampTarget(binding));
}

EncoderPtr MakeTimeEncoder(const Binding& binding) {
  return BindSource(binding, TimeTarget(binding));
}

EncoderPtr MakeIntervalEncoder(const Binding& binding) {
  return BindSource(binding, IntervalTarget(binding));
}

}  // namespace transload
