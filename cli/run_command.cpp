#include "cli/run_command.h"

#include <algorithm>
#include <cstdio>

#include "cli/show.h"
#include "cli/stop_signals.h"
#include "pipeline/commands.h"
#include "pipeline/sync_command.h"
#include "verify/report_files.h"
#include "verify/report_json.h"
#include "verify/report_outcome.h"
#include "verify/report_text.h"

namespace transload {
namespace {

// Output that did not arrive must not look like success: a full disk behind a redirection.
void Print(const std::string& text) {
  TakeTheEnd();
  std::size_t written = std::fwrite(text.data(), 1, text.size(), stdout);
  if (written != text.size() || std::fflush(stdout) != 0) {
    throw Error("cannot write the result to stdout: is the disk full, or the pipe closed?");
  }
}

bool Json(const CommandLine& line) { return line.options.format == OutputFormat::kJson; }

ExitCode Plan(const CommandLine& line, Display& display, const StopFlag& stop) {
  display.Start();
  PlanResult result = PlanMigration(line.options, display, stop);
  display.Stop();
  if (Json(line)) {
    Print(PlanJson(result));
  } else {
    Print(line.options.show_ddl ? result.ddl : PlanText(result));
  }
  return result.plan.refusals.empty() ? ExitCode::kDone : ExitCode::kRefused;
}

ExitCode Preflight(const CommandLine& line) {
  std::vector<PreflightItem> items = CheckPreflight(line.options);
  Print(Json(line) ? PreflightJson(items) : PreflightText(items));
  bool refused = std::any_of(items.begin(), items.end(), [](const PreflightItem& item) {
    return item.result == CheckResult::kRefusal;
  });
  return refused ? ExitCode::kRefused : ExitCode::kDone;
}

ExitCode Run(const CommandLine& line, Display& display, const StopFlag& stop) {
  if (!line.options.report_dir.empty()) PrepareReportFolder(line.options.report_dir);
  display.Start();
  WriteReport write;
  if (!line.options.report_dir.empty()) {
    write = [&](const Report& done) { WriteReportFiles(done, line.options.report_dir); };
  }
  Report report = RunMigration(line.options, display, stop, write);
  display.Stop();
  Print(Json(line) ? ReportJson(report) : ReportText(report));
  return Decide(report.outcome);
}

ExitCode Verify(const CommandLine& line, Display& display, const StopFlag& stop) {
  if (!line.options.report_dir.empty()) PrepareReportFolder(line.options.report_dir);
  display.Start();
  Report report = line.command == CommandId::kSync ? SyncMigration(line.options, display, stop)
                                                   : VerifyMigration(line.options, display, stop);
  display.Stop();
  if (!line.options.report_dir.empty()) WriteReportFiles(report, line.options.report_dir);
  Print(Json(line) ? ReportJson(report) : ReportText(report));
  return Decide(report.outcome);
}

}  // namespace

ExitCode RunCommand(const CommandLine& line, Display& display, const StopFlag& stop) {
  switch (line.command) {
    case CommandId::kPlan:
      return Plan(line, display, stop);
    case CommandId::kPreflight:
      return Preflight(line);
    case CommandId::kRun:
      return Run(line, display, stop);
    case CommandId::kVerify:
    case CommandId::kSync:
      return Verify(line, display, stop);
    case CommandId::kStatus: {
      std::vector<StatusRun> runs = ReadStatus(line.options);
      Print(Json(line) ? StatusJson(runs) : StatusText(runs));
      return ExitCode::kDone;
    }
    case CommandId::kUndo: {
      UndoneRun result = UndoRun(line.options);
      Print(Json(line) ? UndoJson(result) : UndoText(result));
      return ExitCode::kDone;
    }
  }
  throw BugError("a command without a function");
}

}  // namespace transload
