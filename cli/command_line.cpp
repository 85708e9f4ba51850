#include "cli/command_line.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstring>
#include <iterator>
#include <map>

#include "cli/config_file.h"
#include "cli/option_table.h"
#include "cli/values.h"
#include "core/url.h"
#include "core/version.h"

namespace transload {
namespace {

using Values = std::map<std::string, std::vector<std::string>>;

// A text of the user for an error: a URL loses its password.
std::string Shown(const std::string& text) {
  bool harmless = text.find_first_of(":=@") == std::string::npos;
  return harmless ? text : Redacted(text);
}

const CommandInfo* FindCommand(const std::string& name) {
  for (const CommandInfo& command : CommandTable()) {
    if (command.name == name) return &command;
  }
  return nullptr;
}

std::string Overview() {
  std::string text =
      "transload moves whole databases into PostgreSQL and proves that nothing was lost.\n\n"
      "Usage: transload COMMAND [SOURCE] TARGET [OPTIONS]\n\nCommands:\n";
  for (const CommandInfo& command : CommandTable()) {
    text += fmt::format("  {:<10} {}\n", command.name, command.summary);
  }
  return text +
         fmt::format("  {:<10} {}\n", "local",
                     "start|stop|url DIR: the private cluster of a local: target") +
         fmt::format("  {:<10} {}\n", "drivers",
                     "The ODBC drivers and data sources installed here") +
         "\nURLs: mysql://user@host:3306/db  mariadb://...  sqlite:file.db  postgresql://...\n"
         "      odbc:DSN=...  mssql://user@host/db  local:DIR (target)\n"
         "\n'transload COMMAND --help' shows the options; --version shows the version.\n";
}

// The parser of one command; values go to `values`, by option name.
class CommandParser {
 public:
  explicit CommandParser(const CommandInfo& command)
      : command_(command), app_(command.summary, "transload " + command.name) {
    app_.allow_extras();
    app_.set_help_flag("-h,--help", "Show this");
    app_.option_defaults()->always_capture_default(false);
    if (command.takes_source) {
      app_.add_option("SOURCE", source_, "URL of the database to read")->type_name("");
    }
    app_.add_option("TARGET", target_, "URL of the PostgreSQL database to fill")->type_name("");
    app_.add_option("-c,--config", config_, "TOML file with options")->type_name("FILE");
    for (const OptionSpec& spec : OptionTable()) {
      if ((spec.commands & command.group) != 0) Add(spec);
    }
    app_.footer("Examples:\n" + command.examples);
  }

  // The help text, or nothing.
  std::string Parse(std::vector<std::string> arguments) {
    std::reverse(arguments.begin(), arguments.end());
    try {
      app_.parse(arguments);
    } catch (const CLI::CallForHelp&) {
      return app_.help();
    } catch (const CLI::ParseError& error) {
      throw UsageError(fmt::format("{}; see transload {} --help", error.what(), command_.name));
    }
    RefuseExtras();
    return "";
  }

  void Apply(Options& options) const {
    if (!config_.empty()) ReadConfigFile(config_, options);
    if (!source_.empty()) options.source_url = source_;
    if (!target_.empty()) options.target_url = target_;
    std::vector<MapRule> file_maps = std::exchange(options.maps, {});
    for (const OptionSpec& spec : OptionTable()) {
      auto given = values_.find(spec.name);
      if (given != values_.end()) ApplyOne(spec, given->second, options);
      auto maybe = maybe_.find(spec.name);
      if (maybe != maybe_.end() && !maybe->second.empty()) {
        ApplyOne(spec, {maybe->second}, options);
      }
    }
    auto overridden = [&](const MapRule& rule) {
      return std::any_of(options.maps.begin(), options.maps.end(), [&](const MapRule& given) {
        return given.type == rule.type && given.column == rule.column;
      });
    };
    std::remove_copy_if(file_maps.begin(), file_maps.end(), std::back_inserter(options.maps),
                        overridden);
  }

  bool password_given() const {
    for (const std::string* url : {&source_, &target_}) {
      if (!url->empty() && ParseUrl(*url).redacted != *url) return true;
    }
    return false;
  }

 private:
  void Add(const OptionSpec& spec) {
    std::string names =
        (spec.short_name.empty() ? "" : "-" + spec.short_name + ",") + "--" + spec.name;
    auto take = [this, name = spec.name](const std::string& text) {
      values_[name].push_back(text);
    };
    if (spec.shape == OptionShape::kFlag) {
      app_.add_flag_callback(
          names, [take] { take("true"); }, spec.help);
    } else if (spec.shape == OptionShape::kMaybe) {
      app_.add_flag(names, maybe_[spec.name], spec.help);
    } else if (spec.shape == OptionShape::kCount) {
      app_.add_flag_function(
          names, [take](std::int64_t count) { take(std::to_string(count)); }, spec.help);
    } else {
      bool list = spec.shape == OptionShape::kList;
      app_.add_option(
              names,
              [take](const CLI::results_t& results) {
                for (const std::string& text : results) take(text);
                return true;
              },
              spec.help)
          ->type_name(spec.hint)
          ->expected(1, list ? std::numeric_limits<int>::max() / 2 : 1)
          ->allow_extra_args(false);
    }
  }

  void RefuseExtras() const {
    std::vector<std::string> extras = app_.remaining();
    if (extras.empty()) return;
    std::string text = extras.front();
    if (!text.starts_with("-")) {
      throw UsageError(fmt::format("one argument too many: {}; {} takes {}", Shown(text),
                                   command_.name,
                                   command_.takes_source ? "SOURCE and TARGET" : "TARGET"));
    }
    std::string name = text.substr(0, text.find('='));
    std::vector<std::string> known = {"--help", "--config"};
    for (const OptionSpec& spec : OptionTable()) {
      if ((spec.commands & command_.group) != 0) known.push_back("--" + spec.name);
      if ("--" + spec.name == name) {
        throw UsageError(fmt::format("{} is no option of transload {}", name, command_.name));
      }
    }
    std::string near = NearMiss(name, known);
    throw UsageError(fmt::format("unknown option {}{}; see transload {} --help", Shown(name),
                                 near.empty() ? "" : fmt::format(", did you mean {}?", near),
                                 command_.name));
  }

  static void ApplyOne(const OptionSpec& spec, const std::vector<std::string>& values,
                       Options& options) {
    // A list on the command line takes the place of the file's, save maps and policies, which are
    // merged one by one.
    if (spec.name == "include") options.include.clear();
    if (spec.name == "exclude") options.exclude.clear();
    if (spec.name == "reload") options.reload.clear();
    if (spec.name == "grant") options.grants.clear();
    if (spec.name == "rename-schema") options.rename_schema.clear();
    if (spec.name == "checks") options.check_kinds.reset();
    for (const std::string& value : values) {
      try {
        spec.set(options, value);
      } catch (const Error& error) {
        throw UsageError(fmt::format("--{}: {}", spec.name, error.what()));
      }
    }
  }

  const CommandInfo& command_;
  CLI::App app_;
  std::string source_, target_, config_;
  std::map<std::string, std::string> maybe_;
  Values values_;
};

[[noreturn]] void Conflict(std::string_view a, std::string_view b) {
  throw UsageError(fmt::format("{} and {} contradict each other", a, b));
}

// Of a run alone: other commands pass them over where a file for all of them has them.
void CheckRunConflicts(const Options& o) {
  if (o.schema_only && !o.reload.empty()) Conflict("--schema-only", "--reload");
  if (o.schema_only && o.retry_rejects) Conflict("--schema-only", "--retry-rejects");
  // Each takes up a run that is there, for one thing only.
  const std::pair<bool, std::string_view> again[] = {{o.restart, "--restart"},
                                                     {!o.reload.empty(), "--reload"},
                                                     {o.retry_rejects, "--retry-rejects"},
                                                     {o.refresh_sequences, "--refresh-sequences"}};
  std::string_view first;
  for (const auto& [given, name] : again) {
    if (given && !first.empty()) Conflict(first, name);
    if (given) first = name;
  }
  bool limited = o.max_rejects.rows || o.max_rejects.percent;
  if (limited && o.on_bad_row == OnBadRow::kStop) {
    throw UsageError(
        "--max-rejects limits what --on-bad-row reject lets pass; with stop, the "
        "default, the first bad row ends the run");
  }
}

void CheckRepair(const Options& o) {
  const bool rows_compared = o.verify == VerifyLevel::kChecksum || o.verify == VerifyLevel::kFull;
  if (o.repair != Repair::kNone && !rows_compared) {
    throw UsageError("--repair needs to know the rows that differ: --verify checksum or full");
  }
  if (o.repair == Repair::kSql && o.report_dir.empty()) {
    throw UsageError("--repair=sql writes repair.sql into the report's folder: give --report DIR");
  }
}

void CheckConflicts(const Options& o, const CommandInfo& command) {
  if (o.quiet && o.verbose > 0) Conflict("--quiet", "--verbose");
  if (command.takes_source) {
    if (o.schema_only && o.data_only) Conflict("--schema-only", "--data-only");
    if (o.schema_only && o.on_existing == OnExisting::kTruncate) {
      Conflict("--schema-only", "--on-existing truncate");
    }
    if (o.data_only && o.on_existing == OnExisting::kDrop) {
      Conflict("--data-only", "--on-existing drop");
    }
    if (o.schema == o.ledger_schema) {
      throw UsageError(
          fmt::format("--schema {}: that is where the run keeps its books; give another name, or "
                      "another --ledger-schema",
                      o.schema));
    }
    if (o.snapshot_copy && ParseUrl(o.source_url).scheme != "sqlite") {
      throw UsageError("--snapshot-copy copies an SQLite file, and the source is none");
    }
  }
  if ((command.group & kForRun) != 0) CheckRunConflicts(o);
  if ((command.group & kForVerifyAlone) != 0) CheckRepair(o);
}

}  // namespace

const std::vector<CommandInfo>& CommandTable() {
  static const std::vector<CommandInfo> table = {
      {CommandId::kPlan, "plan", kForPlan, true,
       "Look before you leap: types, DDL, hazards, partitions. Changes nothing",
       "  transload plan mysql://app@db1/shop postgresql://localhost/shop\n"
       "  transload plan mysql://app@db1/shop postgresql://localhost/shop --ddl > shop.sql\n"
       "  transload plan sqlite:shop.db postgresql://localhost/shop --deep --format json\n"},
      {CommandId::kPreflight, "preflight", kForPreflight, true,
       "The checklist: privileges, space, settings, versions",
       "  transload preflight mysql://app@db1/shop postgresql://localhost/shop\n"},
      {CommandId::kRun, "run", kForRun, true,
       "The migration, verified at its end. Run again after a failure: it resumes",
       "  transload run mysql://app@db1/shop postgresql://localhost/shop --report out\n"
       "  transload run -c shop.toml --jobs 8\n"
       "  transload run sqlite:///var/shop.db postgresql:///shop --on-bad-row reject "
       "--max-rejects 100\n"},
      {CommandId::kVerify, "verify", kForVerify | kForVerifyAlone, true,
       "Compare source and target as they are now; names the rows that differ",
       "  transload verify mysql://app@db1/shop postgresql://localhost/shop --report out\n"},
      {CommandId::kSync, "sync", kForVerify | kForSync, true,
       "Catch up with a source that goes on changing: verify and repair in rounds",
       "  transload sync mysql://app@db1/shop postgresql://localhost/shop\n"
       "  transload sync mysql://app@db1/shop postgresql://localhost/shop --final\n"},
      {CommandId::kStatus, "status", kForStatus, false,
       "What a run has done and is doing, from any host",
       "  transload status postgresql://localhost/shop\n"
       "  transload status postgresql://localhost/shop --format json\n"},
      {CommandId::kUndo, "undo", kForUndo, false, "Drop exactly what a run created, nothing else",
       "  transload undo postgresql://localhost/shop\n"
       "  transload undo postgresql://localhost/shop --run 20260301T220000 --forget\n"},
  };
  return table;
}

void CheckOptions(const Options& options, const CommandInfo& command) {
  if (command.takes_source) {
    if (options.source_url.empty()) throw UsageError("SOURCE is missing; see transload --help");
    if (ParseUrl(options.source_url).scheme == "local") {
      throw UsageError("local: can be a target only");
    }
  }
  if (options.target_url.empty()) {
    throw UsageError("TARGET is missing; see transload --help");
  }
  std::string target = ParseUrl(options.target_url).scheme;
  if (target != "postgresql" && target != "local") {
    throw UsageError(
        fmt::format("the target is PostgreSQL, postgresql://... or local:DIR, not {}:", target));
  }
  CheckConflicts(options, command);
  if (command.id == CommandId::kSync && options.final_round && options.sync_rounds > 0) {
    Conflict("--final", "--rounds");
  }
}

CommandLine ParseCommandLine(const std::vector<std::string>& arguments) {
  CommandLine line;
  if (arguments.empty() || arguments[0] == "--help" || arguments[0] == "-h" ||
      arguments[0] == "help") {
    if (arguments.empty()) throw UsageError("a command is missing\n\n" + Overview());
    line.print_and_exit = Overview();
    return line;
  }
  if (arguments[0] == "--version") {
    line.print_and_exit = fmt::format("transload {}\n", kVersion);
    return line;
  }
  const CommandInfo* command = FindCommand(arguments[0]);
  if (command == nullptr) {
    std::vector<std::string> known;
    for (const CommandInfo& info : CommandTable()) known.push_back(info.name);
    known.insert(known.end(), {"drivers", "local"});  // which main takes before
    std::string near = NearMiss(arguments[0], known);
    throw UsageError(fmt::format(
        "unknown command {}{}; commands come first, and are {}", Shown(arguments[0]),
        near.empty() ? "" : fmt::format(", did you mean {}?", near), fmt::join(known, ", ")));
  }
  CommandParser parser(*command);
  line.command = command->id;
  line.print_and_exit = parser.Parse({arguments.begin() + 1, arguments.end()});
  if (!line.print_and_exit.empty()) return line;
  parser.Apply(line.options);
  CheckOptions(line.options, *command);
  if (parser.password_given()) {
    line.notes.emplace_back(
        "a password on the command line can be read by others on this host and stays in the "
        "shell's history; set TRANSLOAD_SOURCE_PASSWORD and TRANSLOAD_TARGET_PASSWORD, or use "
        "~/.my.cnf and ~/.pgpass");
  }
  return line;
}

void HideSecrets(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    std::string text = argv[i];
    if (text.find("://") == std::string::npos && text.find('=') == std::string::npos) continue;
    std::string shown;
    try {
      shown = ParseUrl(text).redacted;
    } catch (const Error&) {
      // Malformed: where its password stands is not known. Not a URL at all: nothing to hide.
      shown = text.find('@') == std::string::npos ? text : "***";
    }
    if (shown == text) continue;
    std::size_t size = std::strlen(argv[i]);
    std::memset(argv[i], 0, size);
    std::memcpy(argv[i], shown.data(), std::min(size, shown.size()));
  }
}

}  // namespace transload
