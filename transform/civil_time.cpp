#include "transform/civil_time.h"

#include <fmt/format.h>

#include "core/digits.h"
#include "core/error.h"

namespace transload {
namespace {

bool IsLeap(std::int32_t year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

// Reads text left to right; every step fails on anything unexpected.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  bool done() const { return at_ == text_.size(); }
  char peek() const { return done() ? '\0' : text_[at_]; }
  bool Skip(char c) {
    if (peek() != c || done()) return false;
    ++at_;
    return true;
  }
  template <std::size_t kDigits>
  bool Digits(std::uint32_t& value) {
    if (text_.size() - at_ < kDigits || !ReadDigits<kDigits>(text_.data() + at_, value)) {
      return false;
    }
    at_ += kDigits;
    return true;
  }
  // From `least` to `most` digits.
  bool Digits(std::size_t least, std::size_t most, std::uint32_t& value) {
    const std::size_t start = at_;
    value = 0;
    while (at_ - start < most && peek() >= '0' && peek() <= '9') {
      value = value * 10 + static_cast<std::uint32_t>(text_[at_++] - '0');
    }
    return at_ - start >= least;
  }
  // Digits of a fraction, to nanoseconds.
  bool Nanos(std::uint32_t& nanos) {
    const std::size_t start = at_;
    std::uint32_t scale = 100'000'000;
    nanos = 0;
    bool beyond = false;
    while (peek() >= '0' && peek() <= '9') {
      const std::uint32_t digit = static_cast<std::uint32_t>(text_[at_++] - '0');
      nanos += digit * scale;
      beyond = beyond || (scale == 0 && digit != 0);
      scale /= 10;
    }
    if (beyond && nanos % 10 == 0) ++nanos;  // so that it counts as excess
    return at_ > start;
  }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

bool ScanZone(Scanner& scan, IsoTime& out) {
  scan.Skip(' ');
  out.has_zone = true;
  if (scan.Skip('Z') || scan.Skip('z')) return true;
  const bool west = scan.peek() == '-';
  std::uint32_t hours = 0;
  std::uint32_t minutes = 0;
  if (!scan.Skip('+') && !scan.Skip('-')) return false;
  if (!scan.Digits<2>(hours)) return false;
  if (scan.Skip(':') || !scan.done()) {
    if (!scan.Digits<2>(minutes)) return false;
  }
  if (hours > 15 || minutes > 59) return false;
  out.zone_seconds = static_cast<std::int32_t>(hours * 3600 + minutes * 60);
  if (west) out.zone_seconds = -out.zone_seconds;
  return true;
}

std::string DateText(const CivilTime& time) {
  return fmt::format("{:04}-{:02}-{:02}", time.year, time.month, time.day);
}

}  // namespace

CivilDate CivilFromDays(std::int32_t days_since_2000) {
  constexpr std::int64_t kFrom0000 = 730425;  // 0000-03-01 to 2000-01-01
  const std::int64_t days = days_since_2000 + kFrom0000;
  const std::int64_t era = (days >= 0 ? days : days - 146096) / 146097;
  const std::uint32_t day_of_era = static_cast<std::uint32_t>(days - era * 146097);
  const std::uint32_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const std::uint32_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::uint32_t shifted = (5 * day_of_year + 2) / 153;
  const unsigned month = shifted < 10 ? shifted + 3 : shifted - 9;
  const unsigned day = day_of_year - (153 * shifted + 2) / 5 + 1;
  const std::int64_t year = era * 400 + year_of_era + (month <= 2 ? 1 : 0);
  return {static_cast<std::int32_t>(year), month, day};
}

unsigned DaysInMonth(std::int32_t year, unsigned month) {
  constexpr unsigned kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && IsLeap(year) ? 29 : kDays[month - 1];
}

bool ParseIsoTime(std::string_view text, IsoTime& out) {
  Scanner scan(text);
  std::uint32_t year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, nanos = 0;
  if (!scan.Digits<4>(year) || !scan.Skip('-') || !scan.Digits<2>(month) || !scan.Skip('-') ||
      !scan.Digits<2>(day)) {
    return false;
  }
  out = {};
  if (!scan.done()) {
    if (!scan.Skip('T') && !scan.Skip('t') && !scan.Skip(' ')) return false;
    if (!scan.Digits<2>(hour) || !scan.Skip(':') || !scan.Digits<2>(minute)) return false;
    if (scan.Skip(':') && !scan.Digits<2>(second)) return false;
    if (scan.Skip('.') && !scan.Nanos(nanos)) return false;
    if (hour > 23 || minute > 59 || second > 59) return false;
    out.has_time = true;
    if (!scan.done() && (!ScanZone(scan, out) || !scan.done())) return false;
  }
  out.time = {static_cast<std::int16_t>(year),
              static_cast<std::uint8_t>(month),
              static_cast<std::uint8_t>(day),
              static_cast<std::uint8_t>(hour),
              static_cast<std::uint8_t>(minute),
              static_cast<std::uint8_t>(second),
              0,
              nanos};
  return true;
}

bool ParseDuration(std::string_view text, std::int64_t& nanos) {
  Scanner scan(text);
  const bool negative = scan.Skip('-');
  std::uint32_t hours = 0, minutes = 0, seconds = 0, fraction = 0;
  // Six digits of hours stay far inside 64 bits of nanoseconds.
  if (!scan.Digits(1, 6, hours) || !scan.Skip(':') || !scan.Digits<2>(minutes)) return false;
  if (scan.Skip(':') && !scan.Digits<2>(seconds)) return false;
  if (scan.Skip('.') && !scan.Nanos(fraction)) return false;
  if (!scan.done() || minutes > 59 || seconds > 59) return false;
  nanos = (std::int64_t{hours} * 3600 + minutes * 60 + seconds) * 1'000'000'000 + fraction;
  if (negative) nanos = -nanos;
  return true;
}

CivilRules::CivilRules(const ColumnPlan& column)
    : zero_date_(column.policies.zero_date),
      partial_date_(column.policies.partial_date),
      year0_(column.policies.year0),
      never_null_(column.never_null),
      ts_excess_(column.policies.ts_excess) {
  if (zero_date_ != ZeroDate::kEpoch) return;
  epoch_rule_ = "zero_date=" + PolicyValue(column.policies, "zero_date");
  const bool parsed = ParseIsoTime(column.policies.zero_date_epoch, epoch_) && !epoch_.has_zone;
  const CivilTime& time = epoch_.time;
  if (!parsed || time.year < 1 || time.month < 1 || time.month > 12 || time.day < 1 ||
      time.day > DaysInMonth(time.year, time.month)) {
    throw UsageError(
        fmt::format("policy zero_date=epoch: wants a date such as 1970-01-01, not '{}'",
                    column.policies.zero_date_epoch));
  }
}

CivilRules::Outcome CivilRules::OddDays(EncodeContext& context, CivilTime& time,
                                        std::int32_t& days) const {
  const bool no_time = time.hour == 0 && time.minute == 0 && time.second == 0 && time.nanos == 0;
  if (time.year == 0 && time.month == 0 && time.day == 0 && no_time) {
    switch (zero_date_) {
      case ZeroDate::kNull:
        context.Coerced("zero_date=null");
        return Outcome::kNull;
      case ZeroDate::kNegInfinity:
        context.Coerced("zero_date=neg_infinity");
        return Outcome::kMinusInfinity;
      case ZeroDate::kEpoch:
        context.Coerced(epoch_rule_);
        time = epoch_.time;
        days = DaysFromCivil(time.year, time.month, time.day);
        return Outcome::kValue;
      case ZeroDate::kError:
        break;
    }
    context.Fault(never_null_ ? "a zero date in a key; allow with the policy "
                                "zero_date=neg_infinity or zero_date=epoch:..."
                              : "a zero date; allow with the policy zero_date=null or another of "
                                "its values");
    return Outcome::kFault;
  }
  if (time.month > 12 || time.day > 31) {
    context.Fault(fmt::format("{} is no date", DateText(time)));
    return Outcome::kFault;
  }
  if (time.month == 0 || time.day == 0 || time.day > DaysInMonth(time.year, time.month)) {
    // MySQL's year 0 has no leap day, and PostgreSQL's has.
    switch (partial_date_) {
      case PartialDate::kNull:
        context.Coerced("partial_date=null");
        return Outcome::kNull;
      case PartialDate::kClampFirst: {
        context.Coerced("partial_date=clamp_first");
        if (time.month == 0) time.month = 1;
        if (time.day == 0) time.day = 1;
        const unsigned last = DaysInMonth(time.year, time.month);
        if (time.day > last) time.day = static_cast<std::uint8_t>(last);
        break;
      }
      case PartialDate::kError:
      case PartialDate::kText:
        context.Fault(fmt::format("{} is no whole date; allow with the policy partial_date{}",
                                  DateText(time),
                                  never_null_ ? "=clamp_first or partial_date=text" : ""));
        return Outcome::kFault;
    }
  }
  if (time.year <= 0) {
    if (time.year < 0 || year0_ == YearZero::kError) {
      context.Fault(fmt::format("year {} of {} is not in PostgreSQL; year0=bc reads year 0 as 1 BC",
                                time.year, DateText(time)));
      return Outcome::kFault;
    }
    if (year0_ == YearZero::kNull) {
      context.Coerced("year0=null");
      return Outcome::kNull;
    }
    context.Coerced("year0=bc");
  }
  days = DaysFromCivil(time.year, time.month, time.day);
  return Outcome::kValue;
}

bool CivilRules::ExcessMicros(EncodeContext& context, std::int64_t whole_micros,
                              std::uint32_t nanos, std::uint32_t unit, std::int64_t& micros) const {
  const std::uint32_t excess = nanos % unit;
  const std::int64_t cut = whole_micros + (nanos - excess) / 1000;
  switch (ts_excess_) {
    case TsExcess::kTruncate:
      context.Coerced("ts_excess=truncate");
      micros = cut;
      return true;
    case TsExcess::kRound: {
      context.Coerced("ts_excess=round");
      // Before 2000 the counts are negative, and away from zero is down.
      const bool up = cut >= 0 ? excess >= unit - excess : excess > unit - excess;
      micros = cut + (up ? unit / 1000 : 0);
      return true;
    }
    case TsExcess::kError:
      break;
  }
  return context.Fault(
      "more fractional digits than the target has; allow with the policy ts_excess=truncate or "
      "ts_excess=round");
}

}  // namespace transload
