#include "cli/progress_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/printable.h"
#include "core/utf8.h"

namespace transload {
namespace {

std::uint64_t Less(std::uint64_t from, std::uint64_t amount) {
  return amount > from ? 0 : from - amount;
}

bool MovesData(const ProgressView& view) { return view.phase == "data"; }
bool ChecksRows(const ProgressView& view) { return view.phase == "verify" && view.checked > 0; }

std::string Eta(const ProgressView& view) {
  if (!view.eta_seconds) return "ETA estimating";
  return "ETA " + ShowSeconds(*view.eta_seconds) + (MovesData(view) ? " + indexes" : "");
}

// What has been done of how much, how fast, and how long it will take.
std::string Figures(const ProgressView& view) {
  if (ChecksRows(view)) {
    return fmt::format("{} of about {} rows read  {} rows/s  {}", ShowCount(view.checked),
                       ShowCount(view.checked_total),
                       ShowCount(static_cast<std::uint64_t>(view.rows_per_second)), Eta(view));
  }
  if (!MovesData(view)) {
    return fmt::format("{}  {} rows", ShowBytes(view.bytes), ShowCount(view.rows));
  }
  return fmt::format("{} of about {}  {} rows  {}/s  {}", ShowBytes(view.bytes),
                     ShowBytes(view.bytes_total), ShowCount(view.rows),
                     ShowBytes(static_cast<std::uint64_t>(view.bytes_per_second)), Eta(view));
}

double Part(std::uint64_t done, std::uint64_t total) {
  return total == 0 ? 0 : std::min(1.0, static_cast<double>(done) / static_cast<double>(total));
}

double Share(const ProgressView& view) {
  if (MovesData(view)) return Part(view.bytes, view.bytes_total);
  if (ChecksRows(view)) return Part(view.checked, view.checked_total);
  return Part(view.steps_done, view.steps);
}

// Columns of a terminal that a character takes at most: two in the blocks that hold wide scripts or
// emoji, whole. A line that is cut early does no harm, and one that wraps would smear the display.
std::size_t Columns(std::string_view sequence) {
  if (sequence.size() < 3) return 1;
  const std::string_view block = sequence.substr(0, 2);
  const auto within = [&](std::string_view first, std::string_view last) {
    return first <= block && block <= last;
  };
  const bool wide = within("\xE1\x84", "\xE1\x85") ||  // Hangul's leading letters
                    within("\xE2\x8C", "\xE2\x8F") ||  // U+2300 to U+23FF
                    within("\xE2\x98", "\xE2\x9F") ||  // U+2600 to U+27FF
                    within("\xE2\xAC", "\xE2\xAF") ||  // U+2B00 to U+2BFF
                    block >= "\xE2\xBA";               // U+2E80 and all beyond
  return wide ? 2 : 1;
}

// One line of a terminal, whatever a table is called. Cuts at a character's start, so that no half
// of a UTF-8 sequence is left.
std::string Fit(std::string text, int width) {
  text = Printable(text);
  std::size_t left = static_cast<std::size_t>(std::max(width, 1));
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = Utf8SequenceLength(text.data() + i, text.data() + text.size());
    const std::size_t columns = Columns(std::string_view(text).substr(i, length));
    if (columns > left) return text.substr(0, i);
    left -= columns;
    i += length;
  }
  return text;
}

}  // namespace

std::string ShowBytes(std::uint64_t bytes) {
  static constexpr const char* kUnits[] = {"B", "kB", "MB", "GB", "TB", "PB"};
  double value = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (value >= 999.5 && unit + 1 < std::size(kUnits)) {
    value /= 1000;
    ++unit;
  }
  return unit == 0 || value >= 99.95 ? fmt::format("{:.0f} {}", value, kUnits[unit])
                                     : fmt::format("{:.1f} {}", value, kUnits[unit]);
}

std::string ShowSeconds(double seconds) {
  if (seconds < 10) return fmt::format("{:.1f}s", std::max(seconds, 0.0));
  auto whole = static_cast<std::uint64_t>(std::llround(std::min(seconds, 1e12)));
  if (whole < 60) return fmt::format("{}s", whole);
  if (whole < 3600) return fmt::format("{}m {:02}s", whole / 60, whole % 60);
  return fmt::format("{}h {:02}m", whole / 3600, whole / 60 % 60);
}

std::string ShowCount(std::uint64_t count) {
  std::string digits = std::to_string(count);
  for (std::size_t at = digits.size(); at > 3;) {
    at -= 3;
    digits.insert(at, ",");
  }
  return digits;
}

void ProgressModel::Expect(const std::vector<TableExpectation>& tables) {
  for (const TableExpectation& table : tables) {
    tables_[table.table] = Table();  // a run that is taken up again says what is there already
    tables_[table.table].expected_rows = table.rows;
    tables_[table.table].expected_bytes = table.bytes;
  }
}

void ProgressModel::Phase(std::string_view name, std::uint64_t steps, double now) {
  phase_ = std::string(name);
  steps_ = steps;
  steps_done_ = 0;
  checked_ = checked_total_ = 0;
  // The rate starts here, at nothing, so that the first look already has two points.
  samples_.assign(1, Sample{now, moved_rows_, moved_bytes_, checked_});
}

// By the size of the rows seen so far, once there are enough of them: what a source says of a
// table's bytes counts its pages, and not what crosses.
std::uint64_t ProgressModel::Table::Total() const {
  if (done) return bytes;
  const bool seen_enough = rows >= kRowsForSize || rows >= expected_rows / 20;
  if (rows == 0 || expected_rows == 0 || !seen_enough) return std::max(bytes, expected_bytes);
  const double total =
      static_cast<double>(bytes) / static_cast<double>(rows) * static_cast<double>(expected_rows);
  return std::max(bytes, static_cast<std::uint64_t>(total));
}

void ProgressModel::RowsMoved(std::string_view table, std::uint64_t rows, std::uint64_t bytes) {
  RowsAlreadyThere(table, rows, bytes);
  moved_rows_ += rows;
  moved_bytes_ += bytes;
}

void ProgressModel::RowsAlreadyThere(std::string_view table, std::uint64_t rows,
                                     std::uint64_t bytes) {
  Table& entry = tables_[std::string(table)];
  entry.rows += rows;
  entry.bytes += bytes;
}

void ProgressModel::RowsTakenBack(std::string_view table, std::uint64_t rows, std::uint64_t bytes) {
  Table& entry = tables_[std::string(table)];
  entry.rows = Less(entry.rows, rows);
  entry.bytes = Less(entry.bytes, bytes);
  entry.done = false;
}

void ProgressModel::TableDone(std::string_view table) { tables_[std::string(table)].done = true; }

void ProgressModel::LaneDoing(int lane, std::string_view text) {
  if (lane < 0 || lane > 1024) return;
  if (lanes_.size() <= static_cast<std::size_t>(lane)) {
    lanes_.resize(static_cast<std::size_t>(lane) + 1);
  }
  lanes_[static_cast<std::size_t>(lane)] = std::string(text);
}

ProgressView ProgressModel::View(double now) {
  ProgressView view;
  view.phase = phase_;
  view.seconds = now - start_;
  view.steps = steps_;
  view.steps_done = steps_done_;
  view.lanes = lanes_;
  bool overrun = false;
  for (const auto& [name, table] : tables_) {
    ++view.tables;
    view.tables_done += table.done ? 1 : 0;
    view.rows += table.rows;
    view.bytes += table.bytes;
    view.bytes_total += table.Total();
    overrun = overrun || table.Overrun();
  }
  view.checked = checked_;
  view.checked_total = std::max(checked_, checked_total_);
  samples_.push_back({now, moved_rows_, moved_bytes_, checked_});
  while (samples_.size() > 2 && now - samples_[1].at >= kWindowSeconds) samples_.pop_front();
  double span = now - samples_.front().at;
  const bool checking = ChecksRows(view);
  if (span > 0) {
    view.bytes_per_second = static_cast<double>(moved_bytes_ - samples_.front().bytes) / span;
    const std::uint64_t rows =
        checking ? checked_ - samples_.front().checked : moved_rows_ - samples_.front().rows;
    view.rows_per_second = static_cast<double>(rows) / span;
  }
  if (span < kFirstEtaSeconds) return view;
  if (checking && view.rows_per_second > 0 && checked_ < checked_total_) {
    view.eta_seconds = static_cast<double>(checked_total_ - checked_) / view.rows_per_second;
  } else if (!checking && view.bytes_per_second > 0 && !overrun) {
    view.eta_seconds =
        static_cast<double>(Less(view.bytes_total, view.bytes)) / view.bytes_per_second;
  }
  return view;
}

std::string ProgressLine(const ProgressView& view) {
  std::string line = view.phase.empty() ? "starting" : view.phase;
  if (MovesData(view) || ChecksRows(view)) {
    line += fmt::format("  {:.0f}%  {}  tables {}/{}", Share(view) * 100, Figures(view),
                        MovesData(view) ? view.tables_done : view.steps_done,
                        MovesData(view) ? view.tables : view.steps);
  } else if (view.steps > 0) {
    line += fmt::format("  {}/{}", view.steps_done, view.steps);
  }
  return line + "  " + ShowSeconds(view.seconds);
}

std::vector<std::string> ProgressBlock(const ProgressView& view, int width, bool color) {
  std::vector<std::string> lines;
  int bar_width = std::clamp(width - 30, 0, 40);
  auto filled = static_cast<int>(std::lround(Share(view) * bar_width));
  std::string bar;
  for (int i = 0; i < bar_width; ++i) bar += i < filled ? "█" : "░";
  std::string head = view.phase.empty() ? "starting" : view.phase;
  std::string first = fmt::format("{:<12} {} {:>3.0f}%", head, bar, Share(view) * 100);
  lines.push_back(Fit(first, width));
  if (color) lines.back() = "\033[1m" + lines.back() + "\033[0m";
  lines.push_back(Fit("  " + Figures(view), width));
  std::string third = fmt::format("  tables {}/{}", view.tables_done, view.tables);
  if (view.steps > 0) third += fmt::format("  {} {}/{}", head, view.steps_done, view.steps);
  lines.push_back(Fit(third + "  " + ShowSeconds(view.seconds), width));
  const bool idle = std::all_of(view.lanes.begin(), view.lanes.end(),
                                [](const std::string& lane) { return lane.empty(); });
  if (idle && !MovesData(view)) return lines;
  for (std::size_t lane = 0; lane < view.lanes.size(); ++lane) {
    lines.push_back(Fit(fmt::format("  lane {}  {}", lane + 1,
                                    view.lanes[lane].empty() ? "idle" : view.lanes[lane]),
                        width));
  }
  return lines;
}

}  // namespace transload
