#include "cli/values.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>

#include "core/pg_type.h"

namespace transload {
namespace {

// "12.5MB": the number, and what stands behind it.
std::pair<double, std::string_view> NumberAndUnit(std::string_view text, std::string_view wanted) {
  double number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || !std::isfinite(number) || number < 0) {
    throw UsageError(fmt::format("'{}' is not {}", text, wanted));
  }
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  while (text.starts_with(' ')) text.remove_prefix(1);
  return {number, text};
}

}  // namespace

std::int64_t ParseInteger(std::string_view text, std::int64_t low, std::int64_t high) {
  std::int64_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < low || value > high) {
    throw UsageError(fmt::format("'{}' is not a whole number from {} to {}", text, low, high));
  }
  return value;
}

std::uint64_t ParseSize(std::string_view text) {
  static const std::vector<std::pair<std::string_view, double>> units = {
      {"", 1},     {"B", 1},         {"kB", 1e3},      {"KB", 1e3},     {"MB", 1e6},
      {"GB", 1e9}, {"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}};
  constexpr std::string_view wanted = "a size such as 64MiB, 50MB or 1000000";
  auto [number, unit] = NumberAndUnit(text, wanted);
  for (const auto& [name, factor] : units) {
    double bytes = number * factor;
    if (name == unit && bytes >= 1 && bytes < 1e18) return static_cast<std::uint64_t>(bytes);
  }
  throw UsageError(fmt::format("'{}' is not {}", text, wanted));
}

std::uint64_t ParseRate(std::string_view text) {
  std::string_view size = text;
  if (size.ends_with("/s")) size.remove_suffix(2);
  try {
    return ParseSize(size);
  } catch (const Error&) {
    throw UsageError(fmt::format("'{}' is not a rate such as 50MB/s", text));
  }
}

std::uint64_t ParseDuration(std::string_view text) {
  static const std::vector<std::pair<std::string_view, double>> units = {
      {"ms", 1}, {"s", 1e3}, {"m", 60e3}, {"min", 60e3}, {"h", 3600e3}};
  constexpr std::string_view wanted = "a time span such as 500ms, 30s, 5m or 2h, above 0";
  auto [number, unit] = NumberAndUnit(text, wanted);
  for (const auto& [name, factor] : units) {
    double millis = number * factor;
    if (name == unit && millis >= 1 && millis <= 30.0 * 86400e3) {
      return static_cast<std::uint64_t>(millis);
    }
  }
  throw UsageError(fmt::format("'{}' is not {}", text, wanted));
}

double ParsePercent(std::string_view text) {
  constexpr std::string_view wanted = "a percentage such as 10%, above 0 and at most 100";
  auto [number, unit] = NumberAndUnit(text, wanted);
  if (unit != "%" || number <= 0 || number > 100) {
    throw UsageError(fmt::format("'{}' is not {}", text, wanted));
  }
  return number;
}

MaxRejects ParseMaxRejects(std::string_view text) {
  MaxRejects limit;
  if (text.ends_with('%')) {
    limit.percent = ParsePercent(text);
  } else {
    limit.rows = static_cast<std::uint64_t>(ParseInteger(text, 0, INT64_MAX));
  }
  return limit;
}

std::pair<std::string, std::string> ParsePair(std::string_view text, std::string_view form) {
  std::size_t equals = text.find('=');
  if (equals == std::string_view::npos || equals == 0 || equals + 1 == text.size()) {
    throw UsageError(fmt::format("'{}' does not have the form {}", text, form));
  }
  return {std::string(text.substr(0, equals)), std::string(text.substr(equals + 1))};
}

MapRule ParseMap(std::string_view text) {
  constexpr std::string_view form = "TYPE=TYPE or col:[schema.]table.column=TYPE";
  // The last '=': an enum's labels may hold one, a PostgreSQL type never does.
  std::size_t equals = text.rfind('=');
  if (equals == std::string_view::npos || equals == 0 || equals + 1 == text.size()) {
    throw UsageError(fmt::format("'{}' does not have the form {}", text, form));
  }
  MapRule rule;
  std::string_view left = text.substr(0, equals);
  rule.to = std::string(text.substr(equals + 1));
  // A way of reading may stand for its type.
  if (rule.to == "uuid_swapped") {
    rule.to = "uuid";
    rule.decode = "uuid_swapped";
  } else if (rule.to == "latin1_is_utf8") {
    rule.to = "text";
    rule.decode = "latin1_is_utf8";
  }
  ParsePgType(rule.to);
  if (left.starts_with("col:")) {
    rule.column = std::string(left.substr(4));
    std::size_t dot = rule.column.find('.');
    if (dot == std::string::npos || dot == 0 || rule.column.back() == '.') {
      throw UsageError(fmt::format("'{}' names no column; the form is {}", text, form));
    }
  } else {
    rule.type = std::string(left);
  }
  return rule;
}

std::string NearMiss(std::string_view text, const std::vector<std::string>& known) {
  std::string best;
  std::size_t best_distance = std::min<std::size_t>(3, text.size() / 2 + 1);
  for (const std::string& word : known) {
    std::vector<std::size_t> row(word.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < text.size(); ++i) {
      std::size_t diagonal = row[0];
      row[0] = i + 1;
      for (std::size_t j = 0; j < word.size(); ++j) {
        std::size_t replaced = diagonal + (text[i] == word[j] ? 0 : 1);
        diagonal = row[j + 1];
        row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
      }
    }
    if (row.back() < best_distance) {
      best_distance = row.back();
      best = word;
    }
  }
  return best;
}

std::size_t WordIndex(std::string_view text, const std::vector<std::string>& words) {
  auto found = std::find(words.begin(), words.end(), text);
  if (found == words.end()) {
    std::string near = NearMiss(text, words);
    throw UsageError(fmt::format("'{}' is not one of {}{}", text, fmt::join(words, ", "),
                                 near.empty() ? "" : fmt::format("; did you mean '{}'?", near)));
  }
  return static_cast<std::size_t>(found - words.begin());
}

}  // namespace transload
