#include "verify/query_checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "core/error.h"
#include "core/witness.h"

namespace transload {
namespace {

using Rows = std::vector<std::vector<std::optional<std::string>>>;
constexpr std::size_t kRowsShown = 3;

bool IsDecimal(const std::string& text) {
  return text.find_first_of("0123456789") != std::string::npos &&
         text.find_first_not_of("-0123456789.") == std::string::npos;
}

// With an exponent: a floating point number.
std::optional<double> Real(const std::string& text) {
  if (text.empty() || text.find_first_not_of("+-0123456789.eE") != std::string::npos) {
    return std::nullopt;
  }
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  return *end == '\0' ? std::optional<double>(value) : std::nullopt;
}

// Shortest form of a number; PostgreSQL's truth values when the other side is one.
std::string AsNumber(const std::string& text, const std::string& other) {
  if (IsDecimal(other) && text == "t") return "1";
  if (IsDecimal(other) && text == "f") return "0";
  return ShortestDecimal(text);
}

std::string Shown(const std::vector<std::optional<std::string>>& row) {
  std::string text;
  for (const auto& value : row) text += (text.empty() ? "" : " | ") + value.value_or("NULL");
  return text;
}

bool SameRow(const QueryAnswer& source, const QueryAnswer& target, std::size_t row) {
  const auto& left = source.rows[row];
  const auto& right = target.rows[row];
  if (left.size() != right.size()) return false;
  for (std::size_t i = 0; i < left.size(); ++i) {
    if (!SameAnswer(left[i], right[i], source.is_text[i] && target.is_text[i])) return false;
  }
  return true;
}

std::string Summary(const Rows& rows) {
  if (rows.size() == 1) return Shown(rows[0]);
  return fmt::format("{} rows", rows.size());
}

void CompareRows(const std::string& name, const QueryAnswer& there, const QueryAnswer& here,
                 Report& report, ReportCheck& check) {
  const Rows& source = there.rows;
  const Rows& target = here.rows;
  std::size_t differing = 0;
  for (std::size_t i = 0; i < std::max(source.size(), target.size()); ++i) {
    const bool both = i < source.size() && i < target.size();
    if (both && SameRow(there, here, i)) continue;
    if (++differing > kRowsShown) continue;
    report.differences.push_back({"check " + name, fmt::format("row {}", i + 1), "",
                                  i < source.size() ? Shown(source[i]) : "",
                                  i < target.size() ? Shown(target[i]) : "",
                                  both                ? "value"
                                  : i < source.size() ? "missing in target"
                                                      : "only in target"});
  }
  check.verdict = differing == 0 ? Verdict::kMatch : Verdict::kMismatch;
  if (differing > 0 && (source.size() > 1 || target.size() > 1)) {
    check.target += fmt::format(", {} differ", differing);
  }
}

// What a query said; an error becomes the check's text, and the check is not verified.
template <typename Asking>
bool Answer(Asking&& ask, QueryAnswer& answer, std::string& text) {
  try {
    answer = ask();
    text = Summary(answer.rows);
    return true;
  } catch (const Error& error) {
    if (error.interrupted || error.connection_lost) throw;
    text = std::string("failed: ") + error.what();
    return false;
  }
}

}  // namespace

bool SameAnswer(const std::optional<std::string>& source, const std::optional<std::string>& target,
                bool texts) {
  if (!source || !target) return !source && !target;
  if (*source == *target) return true;
  if (texts) return false;
  const std::string left = AsNumber(*source, *target);
  const std::string right = AsNumber(*target, *source);
  if (IsDecimal(left) && IsDecimal(right)) return left == right;
  const std::optional<double> a = Real(left), b = Real(right);
  return a && b && *a == *b;
}

void RunQueryChecks(const std::vector<QueryCheck>& checks, const SourceAnswer& source,
                    TableReader& target, Report& report) {
  for (const QueryCheck& check : checks) {
    ReportCheck result;
    result.name = check.name;
    QueryAnswer there, here;
    const bool answered = Answer([&] { return source(check.source_sql); }, there, result.source);
    target.Query("SAVEPOINT query_check");
    const bool found = Answer([&] { return target.Ask(check.target_sql); }, here, result.target);
    target.Query("ROLLBACK TO SAVEPOINT query_check");
    if (answered && found) CompareRows(check.name, there, here, report, result);
    report.checks.push_back(std::move(result));
  }
}

}  // namespace transload
