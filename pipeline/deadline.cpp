#include "pipeline/deadline.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <array>
#include <cstdio>
#include <ctime>

#include "core/error.h"

namespace transload {
namespace {

// Reads digits and the separators of `form` ("9" for a digit); false for anything else.
bool Matches(const std::string& text, const std::string& form) {
  if (text.size() != form.size()) return false;
  for (std::size_t i = 0; i < form.size(); ++i) {
    const bool digit = text[i] >= '0' && text[i] <= '9';
    if (form[i] == '9' ? !digit : text[i] != form[i]) return false;
  }
  return true;
}

int Number(const std::string& text, std::size_t at, std::size_t digits) {
  return std::stoi(text.substr(at, digits));
}

[[noreturn]] void Refuse(const std::string& text) {
  throw UsageError(fmt::format(
      "'{}' is no time: write 06:00, or 2026-03-01 06:00 with the date; it is local time", text));
}

// The time of day at the end of `text`.
void ReadTime(const std::string& text, const std::string& clock, std::tm& tm) {
  if (!Matches(clock, "99:99") && !Matches(clock, "99:99:99")) Refuse(text);
  tm.tm_hour = Number(clock, 0, 2);
  tm.tm_min = Number(clock, 3, 2);
  tm.tm_sec = clock.size() > 5 ? Number(clock, 6, 2) : 0;
  if (tm.tm_hour > 23 || tm.tm_min > 59 || tm.tm_sec > 59) Refuse(text);
}

WallClock::time_point FromLocal(std::tm tm) {
  tm.tm_isdst = -1;  // whatever rules there on that day
  return WallClock::from_time_t(std::mktime(&tm));
}

std::tm ToLocal(WallClock::time_point time) {
  const std::time_t seconds = WallClock::to_time_t(time);
  std::tm tm{};
  localtime_r(&seconds, &tm);
  return tm;
}

}  // namespace

WallClock::time_point ParseDeadline(const std::string& text, WallClock::time_point now) {
  std::tm tm = ToLocal(now);
  if (text.size() <= 8) {
    ReadTime(text, text, tm);
    if (FromLocal(tm) <= now) ++tm.tm_mday;  // mktime carries it into the next month
    return FromLocal(tm);
  }
  std::string date = text.substr(0, 10);
  if (!Matches(date, "9999-99-99") || (text[10] != ' ' && text[10] != 'T')) Refuse(text);
  ReadTime(text, text.substr(11), tm);
  tm.tm_year = Number(date, 0, 4) - 1900;
  tm.tm_mon = Number(date, 5, 2) - 1;
  tm.tm_mday = Number(date, 8, 2);
  const std::tm wanted = tm;
  const WallClock::time_point deadline = FromLocal(tm);
  const std::tm found = ToLocal(deadline);
  if (found.tm_mday != wanted.tm_mday || found.tm_mon != wanted.tm_mon) Refuse(text);
  if (deadline <= now) throw UsageError(fmt::format("the deadline {} has passed", text));
  return deadline;
}

std::string ShowTime(WallClock::time_point time) {
  return fmt::format("{:%Y-%m-%d %H:%M:%S}", ToLocal(time));
}

std::string DeadlineForecast::Look(WallClock::time_point now, std::uint64_t rows_moved) {
  const auto elapsed = now - start_;
  if (!deadline_ || rows_moved == 0 || elapsed < kFirstForecast) return "";
  const double left =
      rows_to_move_ > rows_moved ? static_cast<double>(rows_to_move_ - rows_moved) : 0;
  const auto rest = std::chrono::duration_cast<WallClock::duration>(
      elapsed * (left / static_cast<double>(rows_moved)));
  const WallClock::time_point end = now + rest;
  if ((end > *deadline_) == late_) return "";
  late_ = !late_;
  if (!late_) {
    return fmt::format("at the present speed the data is in by {} again, before the deadline",
                       ShowTime(end));
  }
  return fmt::format(
      "at the present speed the data is in by {}, and the deadline is {}: the run will stop then, "
      "and the same command goes on from there",
      ShowTime(end), ShowTime(*deadline_));
}

}  // namespace transload
