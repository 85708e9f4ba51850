#include "cli/display.h"

#include <fmt/format.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "cli/stop_signals.h"
#include "core/printable.h"

namespace transload {
namespace {

constexpr auto kRedrawEvery = std::chrono::milliseconds(250);
constexpr auto kLineEvery = std::chrono::seconds(5);

double Now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

int TerminalWidth() {
  winsize size = {};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
  // One less: a character in the last column makes some terminals wrap.
  return size.ws_col - 1;
}

void Write(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stderr);
  std::fflush(stderr);
}

spdlog::level::level_enum LevelOf(MessageLevel level) {
  switch (level) {
    case MessageLevel::kInfo:
      return spdlog::level::info;
    case MessageLevel::kWarning:
      return spdlog::level::warn;
    case MessageLevel::kError:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

// Lines after the first are set in, so that none in a message passes for one of the log.
std::string LogText(std::string_view text) {
  std::string out;
  for (char c : PrintableLines(text)) {
    out += c;
    if (c == '\n') out += "  ";
  }
  return out;
}

// The message is already a JSON string in json mode, so that quotes in it do no harm.
std::shared_ptr<spdlog::logger> MakeLogger(const Display::Style& style) {
  auto logger = std::make_shared<spdlog::logger>("transload",
                                                 std::make_shared<spdlog::sinks::stderr_sink_mt>());
  logger->set_pattern(style.log_format == OutputFormat::kJson
                          ? R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l","message":%v})"
                          : "%H:%M:%S %-7l %v",
                      style.log_format == OutputFormat::kJson ? spdlog::pattern_time_type::utc
                                                              : spdlog::pattern_time_type::local);
  logger->set_level(style.quiet ? spdlog::level::err : spdlog::level::info);
  logger->flush_on(spdlog::level::trace);
  return logger;
}

}  // namespace

Display::Style Display::StyleFor(const Options& options) {
  Style style;
  const char* term = std::getenv("TERM");
  const char* no_color = std::getenv("NO_COLOR");
  bool terminal = isatty(STDERR_FILENO) == 1 && term != nullptr && std::string_view(term) != "dumb";
  style.live = terminal && !options.quiet && options.log_format == OutputFormat::kText;
  style.color = style.live && (no_color == nullptr || *no_color == '\0');
  style.quiet = options.quiet;
  style.verbose = options.verbose;
  style.log_format = options.log_format;
  return style;
}

Display::Display(Style style) : style_(style), model_(Now()) {
  spdlog::set_default_logger(MakeLogger(style));
}

Display::~Display() { Stop(); }

void Display::Start() {
  std::lock_guard lock(mutex_);
  if (running_ || style_.quiet) return;
  thread_ = std::thread([this] { Loop(); });  // which waits for the mutex
  running_ = true;
  if (style_.live) {
    Write("\033[?25l");
    RestoreTerminalOnKill(true);
  }
}

void Display::Stop() {
  {
    std::lock_guard lock(mutex_);
    if (!running_) return;
    running_ = false;
  }
  wake_.notify_all();
  thread_.join();
  std::lock_guard lock(mutex_);
  EraseLocked();
  if (style_.live) {
    Write("\033[?25h");
    RestoreTerminalOnKill(false);
  }
}

void Display::Loop() {
  std::unique_lock lock(mutex_);
  while (running_) {
    if (style_.live) {
      DrawLocked();
      wake_.wait_for(lock, kRedrawEvery, [this] { return !running_; });
    } else if (!wake_.wait_for(lock, kLineEvery, [this] { return !running_; })) {
      PrintLocked(MessageLevel::kInfo, ProgressLine(model_.View(Now())));
    }
  }
}

void Display::DrawLocked() {
  std::string out;
  for (const std::string& line : ProgressBlock(model_.View(Now()), TerminalWidth(), style_.color)) {
    out += line + "\033[K\n";
  }
  int lines = static_cast<int>(std::count(out.begin(), out.end(), '\n'));
  std::string up = drawn_lines_ > 0 ? fmt::format("\033[{}A\r", drawn_lines_) : "";
  // Fewer lines than before: wipe what is left below.
  Write(up + out + (lines < drawn_lines_ ? "\033[J" : ""));
  drawn_lines_ = lines;
}

void Display::EraseLocked() {
  if (drawn_lines_ > 0) Write(fmt::format("\033[{}A\r\033[J", drawn_lines_));
  drawn_lines_ = 0;
}

void Display::PrintLocked(MessageLevel level, std::string_view text) {
  EraseLocked();
  if (style_.log_format == OutputFormat::kJson) {
    using nlohmann::json;
    spdlog::log(LevelOf(level), "{}",
                json(std::string(text)).dump(-1, ' ', false, json::error_handler_t::replace));
  } else {
    spdlog::log(LevelOf(level), "{}", LogText(text));
  }
  if (running_ && style_.live) DrawLocked();
}

void Display::Expect(const std::vector<TableExpectation>& tables) {
  std::lock_guard lock(mutex_);
  model_.Expect(tables);
}
void Display::Phase(std::string_view name, std::uint64_t steps) {
  std::lock_guard lock(mutex_);
  model_.Phase(name, steps, Now());
  if (!style_.live) PrintLocked(MessageLevel::kInfo, fmt::format("phase: {}", name));
}
void Display::StepDone(std::string_view what) {
  std::lock_guard lock(mutex_);
  model_.StepDone();
  if (style_.verbose > 0) PrintLocked(MessageLevel::kInfo, fmt::format("done: {}", what));
}
void Display::TableStarted(std::string_view table) {
  std::lock_guard lock(mutex_);
  model_.TableStarted(table);
  if (style_.verbose > 0) PrintLocked(MessageLevel::kInfo, fmt::format("table {} begins", table));
}
void Display::RowsMoved(std::string_view table, std::uint64_t rows, std::uint64_t bytes) {
  std::lock_guard lock(mutex_);
  model_.RowsMoved(table, rows, bytes);
}
void Display::RowsAlreadyThere(std::string_view table, std::uint64_t rows, std::uint64_t bytes) {
  std::lock_guard lock(mutex_);
  model_.RowsAlreadyThere(table, rows, bytes);
}
void Display::RowsTakenBack(std::string_view table, std::uint64_t rows, std::uint64_t bytes) {
  std::lock_guard lock(mutex_);
  model_.RowsTakenBack(table, rows, bytes);
}
void Display::TableDone(std::string_view table) {
  std::lock_guard lock(mutex_);
  model_.TableDone(table);
  if (style_.verbose > 0) PrintLocked(MessageLevel::kInfo, fmt::format("table {} is in", table));
}
void Display::ExpectChecked(std::uint64_t rows) {
  std::lock_guard lock(mutex_);
  model_.ExpectChecked(rows);
}
void Display::RowsChecked(std::uint64_t rows) {
  std::lock_guard lock(mutex_);
  model_.RowsChecked(rows);
}
void Display::LaneDoing(int lane, std::string_view text) {
  std::lock_guard lock(mutex_);
  model_.LaneDoing(lane, text);
  if (style_.verbose > 1 && !text.empty()) {
    PrintLocked(MessageLevel::kInfo, fmt::format("lane {}: {}", lane + 1, text));
  }
}
void Display::Message(MessageLevel level, std::string_view text) {
  std::lock_guard lock(mutex_);
  PrintLocked(level, text);
}

}  // namespace transload
