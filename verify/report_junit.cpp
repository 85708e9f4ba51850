#include "verify/report_junit.h"

#include <fmt/format.h>

#include "core/printable.h"

namespace transload {
namespace {

// Bytes of the well-formed UTF-8 sequence that starts here, or 0.
std::size_t SequenceLength(std::string_view text) {
  auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  unsigned char first = byte(0);
  std::size_t length = first < 0x80                     ? 1
                       : first >= 0xC2 && first < 0xE0  ? 2
                       : first >= 0xE0 && first < 0xF0  ? 3
                       : first >= 0xF0 && first <= 0xF4 ? 4
                                                        : 0;
  if (length == 0 || length > text.size()) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  if (first == 0xE0 && byte(1) < 0xA0) return 0;
  if (first == 0xED && byte(1) > 0x9F) return 0;
  if (first == 0xEF && byte(1) == 0xBF && byte(2) >= 0xBE) return 0;  // U+FFFE, U+FFFF
  if (first == 0xF0 && byte(1) < 0x90) return 0;
  if (first == 0xF4 && byte(1) > 0x8F) return 0;
  return length;
}

std::string Case(const std::string& group, const std::string& name, double seconds,
                 const std::string& failure, bool skipped) {
  std::string out = fmt::format("  <testcase classname=\"{}\" name=\"{}\" time=\"{:.3f}\"",
                                EscapeMarkup(group), EscapeMarkup(name), seconds);
  if (failure.empty()) return out + "/>\n";
  return out + fmt::format("><{} message=\"{}\"/></testcase>\n", skipped ? "skipped" : "failure",
                           EscapeMarkup(failure));
}

}  // namespace

std::string EscapeMarkup(std::string_view value) {
  const std::string shown = PrintableLines(value);
  std::string_view text = shown;
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    std::size_t length = SequenceLength(text);
    auto c = static_cast<unsigned char>(text[0]);
    if (length == 0) {
      out += "\xEF\xBF\xBD";
      length = 1;
    } else if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else if (c == '"') {
      out += "&quot;";
    } else if (c == '\'') {
      out += "&#39;";
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(length);
  }
  return out;
}

std::string ReportJunit(const Report& report) {
  std::string cases;
  int count = 0, failures = 0, skipped = 0;
  auto add = [&](const std::string& group, const std::string& name, double seconds,
                 const std::string& failure, bool skip) {
    cases += Case(group, name, seconds, failure, skip);
    ++count;
    if (!failure.empty()) ++(skip ? skipped : failures);
  };
  bool good = !report.outcome.empty() && report.outcome.front().code == ExitCode::kDone;
  add("run", report.run.id.empty() ? "run" : report.run.id, report.run.seconds,
      good ? "" : VerdictLine(report), false);
  for (const ReportTable& table : report.tables) {
    std::string failure = table.verdict == Verdict::kMatch
                              ? ""
                              : fmt::format("{}: {}", Name(table.verdict), table.reason);
    add("table", table.name, table.seconds, failure, table.verdict == Verdict::kNotVerified);
  }
  for (const ReportCheck& check : report.checks) {
    bool match = check.verdict == Verdict::kMatch;
    add("check", check.name, 0,
        match ? "" : fmt::format("source {}, target {}", check.source, check.target),
        check.verdict == Verdict::kNotVerified);
  }
  for (const ReportObject& object : report.objects) {
    const bool unvalidated = object.state == "unvalidated";
    if (object.state != "failed" && !unvalidated) continue;
    add(object.kind, object.name, object.seconds,
        (unvalidated ? "could not be validated: " : "could not be created: ") + object.message,
        false);
  }
  return fmt::format(
             "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"transload\" "
             "tests=\"{}\" failures=\"{}\" skipped=\"{}\" time=\"{:.3f}\">\n",
             count, failures, skipped, report.run.seconds) +
         cases + "</testsuite>\n";
}

}  // namespace transload
