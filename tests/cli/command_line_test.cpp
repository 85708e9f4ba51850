#include "cli/command_line.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <map>

#include "cli/option_table.h"
#include "core/error.h"

namespace transload {
namespace {

const std::string kSource = "mysql://app@db1/shop";
const std::string kTarget = "postgresql:///shop";

CommandLine Parse(std::vector<std::string> more, const std::string& command = "run") {
  std::vector<std::string> arguments = {command, kSource, kTarget};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return ParseCommandLine(arguments);
}

TEST(CommandLine, ReadsUrlsAndOptionsInAnyOrder) {
  CommandLine line = ParseCommandLine({"run", "-j", "4", kSource, "--include", "a*", kTarget,
                                       "--include=[ab]", "--max-rate", "5MB/s", "-v", "-v"});
  EXPECT_EQ(line.command, CommandId::kRun);
  EXPECT_EQ(line.options.source_url, kSource);
  EXPECT_EQ(line.options.target_url, kTarget);
  EXPECT_EQ(line.options.jobs, 4);
  EXPECT_EQ(line.options.include, (std::vector<std::string>{"a*", "[ab]"}));
  EXPECT_EQ(line.options.verbose, 2);
  EXPECT_TRUE(line.notes.empty());
}

TEST(CommandLine, DefaultsAreTheDocumentedOnes) {
  Options options = Parse({}).options;
  EXPECT_EQ(options.jobs, 0);
  EXPECT_EQ(options.verify, VerifyLevel::kChecksum);
  EXPECT_EQ(options.on_bad_row, OnBadRow::kStop);
  EXPECT_EQ(options.ledger_schema, "transload");
}

// Every option of the table is accepted by its commands, with a value of its hint.
TEST(CommandLine, TakesEveryOptionOfTheTable) {
  std::map<std::string, std::string> values = {
      {"sample", "10%"},         {"rename-schema", "a=b"}, {"map", "int=bigint"},
      {"policy", "year0=bc"},    {"grant", "SELECT TO r"}, {"max-rejects", "5"},
      {"max-rate", "5MB/s"},     {"deadline", "06:00"},    {"partition-size", "1MiB"},
      {"connect-timeout", "5s"}, {"stall-timeout", "5s"},  {"lock-timeout", "5s"},
      {"snapshot-lock", "5s"}};
  for (const CommandInfo& command : CommandTable()) {
    for (const OptionSpec& spec : OptionTable()) {
      if ((spec.commands & command.group) == 0) continue;
      std::vector<std::string> arguments = {command.name};
      if (command.takes_source) {
        arguments.push_back(spec.name == "snapshot-copy" ? "sqlite:shop.db" : kSource);
      }
      arguments.push_back(kTarget);
      arguments.push_back("--" + spec.name);
      if (spec.shape == OptionShape::kValue || spec.shape == OptionShape::kList) {
        auto value = values.find(spec.name);
        std::string hint = spec.hint.substr(0, spec.hint.find('|'));
        if (spec.hint == "N") hint = "3";
        arguments.push_back(value == values.end() ? hint : value->second);
      }
      if (spec.name == "max-rejects") {
        arguments.insert(arguments.end(), {"--on-bad-row", "reject"});
      }
      EXPECT_NO_THROW(ParseCommandLine(arguments)) << command.name << " --" << spec.name;
    }
  }
}

TEST(CommandLine, WinsOverTheFile) {
  std::string path = testing::TempDir() + "/wins.toml";
  std::ofstream(path) << "source = \"mysql://app@other/shop\"\njobs = 2\ninclude = [\"a\"]\n"
                         "identifiers = \"snake\"\n[policy]\nyear0 = \"bc\"\nnul_byte = \"strip\"\n"
                         "[[map]]\ntype = \"int\"\nto = \"bigint\"\n"
                         "[[map]]\ntype = \"char\"\nto = \"text\"\n";
  Options options = Parse({"-c", path, "--jobs", "8", "--include", "b", "--policy", "year0=null",
                           "--map", "int=numeric"})
                        .options;
  EXPECT_EQ(options.source_url, kSource);
  EXPECT_EQ(options.jobs, 8);
  EXPECT_EQ(options.include, (std::vector<std::string>{"b"}));
  EXPECT_EQ(options.identifiers, Identifiers::kSnake);
  EXPECT_EQ(options.policies.year0, YearZero::kNull);
  EXPECT_EQ(options.policies.nul_byte, NulByte::kStrip);
  ASSERT_EQ(options.maps.size(), 2u);
  EXPECT_EQ(options.maps[0].to, "numeric");
  EXPECT_EQ(options.maps[1].type, "char");
}

TEST(CommandLine, TakesUrlsFromTheFile) {
  std::string path = testing::TempDir() + "/urls.toml";
  std::ofstream(path) << "source = \"" << kSource << "\"\ntarget = \"" << kTarget << "\"\n";
  EXPECT_EQ(ParseCommandLine({"run", "-c", path}).options.target_url, kTarget);
  EXPECT_EQ(ParseCommandLine({"status", "-c", path}).options.target_url, kTarget);
}

TEST(CommandLine, PassesOverInTheFileWhatIsOfAnotherCommand) {
  std::string path = testing::TempDir() + "/shared.toml";
  std::ofstream(path) << "max_rejects = 5\nrepair = true\nverify = \"count\"\n";
  EXPECT_THROW(ParseCommandLine({"verify", kSource, kTarget, "-c", path}), Error);  // --repair
  EXPECT_THROW(ParseCommandLine({"run", kSource, kTarget, "-c", path}), Error);     // --max-rejects
  EXPECT_NO_THROW(ParseCommandLine({"verify", kSource, kTarget, "-c", path, "--verify", "full"}));
  EXPECT_NO_THROW(
      ParseCommandLine({"run", kSource, kTarget, "-c", path, "--on-bad-row", "reject"}));
  EXPECT_NO_THROW(ParseCommandLine({"undo", kTarget, "-c", path}));
  std::ofstream(path) << "schema_only = true\ngrant = [\"SELECT TO r\"]\nrepair = \"sql\"\n"
                         "on_existing = \"drop\"\nowner = \"o\"\nindex_jobs = 2\n";
  EXPECT_NO_THROW(ParseCommandLine({"sync", kSource, kTarget, "-c", path}));
  EXPECT_NO_THROW(ParseCommandLine({"verify", kSource, kTarget, "-c", path, "--report", "out"}));
}

TEST(CommandLine, TakesTheChecksOfTheFileOnlyWhereItNamesNone) {
  std::string path = testing::TempDir() + "/checks.toml";
  std::ofstream(path) << "checks = [\"none\"]\n";
  EXPECT_EQ(Parse({"-c", path}).options.check_kinds->size(), 0u);
  EXPECT_EQ(Parse({"-c", path, "--checks", "indexes"}).options.check_kinds->size(), 1u);
}

struct Wrong {
  std::vector<std::string> arguments;
  std::string said;
};

class WrongLine : public testing::TestWithParam<Wrong> {};

TEST_P(WrongLine, IsAUsageErrorThatSaysWhere) {
  try {
    ParseCommandLine(GetParam().arguments);
    FAIL();
  } catch (const Error& error) {
    std::string what = error.what();
    EXPECT_EQ(error.exit_code, ExitCode::kUsage);
    EXPECT_NE(what.find(GetParam().said), std::string::npos) << what;
    EXPECT_EQ(what.find("hunter2"), std::string::npos) << what;
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, WrongLine,
    testing::Values(
        Wrong{{}, "a command is missing"}, Wrong{{"rum", kSource, kTarget}, "did you mean run?"},
        Wrong{{"mysql://u:hunter2@h/d"}, "unknown command mysql://u:***@h/d"},
        Wrong{{"run", kSource}, "TARGET is missing"}, Wrong{{"run"}, "SOURCE is missing"},
        Wrong{{"run", kSource, kTarget, "mysql://u:hunter2@h/d"}, "mysql://u:***@h/d"},
        Wrong{{"run", kSource, kTarget, "--jbos", "3"}, "did you mean --jobs?"},
        Wrong{{"run", kSource, kTarget, "--jobs", "0"}, "--jobs: '0'"},
        Wrong{{"run", kSource, kTarget, "--jobs"}, "--jobs"},
        Wrong{{"run", kSource, kTarget, "--verify", "chksum"}, "--verify: 'chksum'"},
        Wrong{{"run", kSource, kTarget, "--checks", "all,keys"}, "--checks: 'keys'"},
        Wrong{{"run", kSource, kTarget, "--checks", "all,none"}, "--checks: 'none'"},
        Wrong{{"run", kSource, kTarget, "--checks", "none", "--checks", "indexes"},
              "--checks: 'none'"},
        Wrong{{"run", kSource, kTarget, "--checks", "indexes", "--checks", "none"},
              "--checks: 'none'"},
        Wrong{{"verify", kSource, kTarget, "--schema-only"}, "no option of transload verify"},
        Wrong{{"verify", kSource, kTarget, "--on-existing", "drop"},
              "no option of transload verify"},
        Wrong{{"sync", kSource, kTarget, "--grant", "SELECT TO r"}, "no option of transload sync"},
        Wrong{{"sync", kSource, kTarget, "--repair"}, "no option of transload sync"},
        Wrong{{"run", kSource, kTarget, "--policy", "zero_date=no"}, "--policy: "},
        Wrong{{"run", kSource, kTarget, "--max-rejects", "5"}, "--on-bad-row reject"},
        Wrong{{"run", kSource, kTarget, "--schema-only", "--data-only"}, "contradict"},
        Wrong{{"run", kSource, kTarget, "--restart", "--reload", "a"}, "contradict"},
        Wrong{{"run", kSource, kTarget, "--restart", "--refresh-sequences"},
              "--restart and --refresh-sequences contradict"},
        Wrong{{"run", kSource, kTarget, "--retry-rejects", "--reload", "a"},
              "--reload and --retry-rejects contradict"},
        Wrong{{"run", kSource, kTarget, "--schema-only", "--on-existing", "truncate"},
              "contradict"},
        Wrong{{"run", kSource, kTarget, "--schema-only", "--retry-rejects"}, "contradict"},
        Wrong{{"run", kSource, kTarget, "--snapshot-copy"}, "SQLite"},
        Wrong{{"run", kSource, kTarget, "--ledger-schema", "pg_foo"}, "--ledger-schema: 'pg_foo'"},
        Wrong{{"run", kSource, kTarget, "--schema", std::string(64, 'x')}, "longer than 63 bytes"},
        Wrong{{"run", kSource, kTarget, "--schema", "transload"}, "another --ledger-schema"},
        Wrong{{"run", kSource, kTarget, "--ddl"}, "no option of transload run"},
        Wrong{{"run", kSource, kTarget, "-c", "/no/such.toml"}, "/no/such.toml"},
        Wrong{{"run", kSource, "mysql://u:hunter2@h/d"}, "the target is PostgreSQL"},
        Wrong{{"run", "local:x", kTarget}, "target only"},
        Wrong{{"run", "mysql://u:hunter2@@h/d", kTarget}, "%40"},
        Wrong{{"undo", kTarget, "--jobs", "3"}, "no option of transload undo"}));

TEST(CommandLine, ShowsHelpWithExamplesForEveryCommand) {
  for (const CommandInfo& command : CommandTable()) {
    std::string help = ParseCommandLine({command.name, "--help"}).print_and_exit;
    EXPECT_NE(help.find("Examples:"), std::string::npos) << help;
    EXPECT_NE(help.find("TARGET"), std::string::npos);
    EXPECT_NE(ParseCommandLine({"--help"}).print_and_exit.find(command.name), std::string::npos);
  }
  EXPECT_EQ(ParseCommandLine({"--version"}).print_and_exit.find("transload "), 0u);
}

// The commands that take an option, as docs/cli.md has them.
std::string CommandsOf(const OptionSpec& spec) {
  std::string taking, others;
  for (const CommandInfo& command : CommandTable()) {
    std::string& list = (spec.commands & command.group) != 0 ? taking : others;
    list += (list.empty() ? "" : ", ") + command.name;
  }
  if (others.empty()) return "all";
  return others == "status, undo" ? "all but status, undo" : taking;
}

TEST(CommandLine, DocsNameEveryOptionAndItsCommands) {
  std::ifstream file(std::string(TRANSLOAD_SOURCE_DIR) + "/docs/cli.md");
  std::string docs((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  for (const OptionSpec& spec : OptionTable()) {
    EXPECT_NE(docs.find(spec.help), std::string::npos) << spec.help;
    const std::string names =
        (spec.short_name.empty() ? "" : "-" + spec.short_name + ", ") + "--" + spec.name;
    std::size_t line = docs.find("\n| `" + names + "`");  // "--schema" is no "--schema-only"
    if (line == std::string::npos) line = docs.find("\n| `" + names + " ");
    ASSERT_NE(line, std::string::npos) << spec.name;
    const std::string row = docs.substr(line + 1, docs.find('\n', line + 1) - line - 1);
    EXPECT_NE(row.find(" | " + CommandsOf(spec) + " | "), std::string::npos) << row;
  }
}

TEST(CommandLine, AdvisesAgainstAPasswordInAUrlAndHidesIt) {
  CommandLine line = ParseCommandLine({"run", "mysql://app:hunter2@db1/shop", kTarget});
  EXPECT_EQ(line.notes.size(), 1u);

  std::string program = "transload";
  std::string url = "mysql://app:hunter2@db1/shop";
  std::string plain = "--include=orders";
  char* argv[] = {program.data(), url.data(), plain.data(), nullptr};
  HideSecrets(3, argv);
  EXPECT_STREQ(argv[1], "mysql://app:***@db1/shop");
  EXPECT_STREQ(argv[2], "--include=orders");
}

}  // namespace
}  // namespace transload
