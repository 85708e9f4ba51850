// The command line: which command, with which options, merged over the configuration file.
#ifndef TRANSLOAD_CLI_COMMAND_LINE_H_
#define TRANSLOAD_CLI_COMMAND_LINE_H_

#include <string>
#include <vector>

#include "core/options.h"

namespace transload {

enum class CommandId { kPlan, kPreflight, kRun, kVerify, kSync, kStatus, kUndo };

struct CommandInfo {
  CommandId id;
  std::string name;
  unsigned group;     // OptionGroup: the options it takes
  bool takes_source;  // SOURCE TARGET, or TARGET alone
  std::string summary;
  std::string examples;  // for --help
};

// The commands there are. A new one is a line here and one in run_command.cpp.
const std::vector<CommandInfo>& CommandTable();

struct CommandLine {
  CommandId command = CommandId::kRun;
  Options options;
  // --help or --version: print this and end with 0; nothing else is filled.
  std::string print_and_exit;
  // Things to tell the user on stderr before the start.
  std::vector<std::string> notes;
};

// `arguments` without the program's name. Throws usage errors; none quotes a password.
CommandLine ParseCommandLine(const std::vector<std::string>& arguments);

// Refuses combinations that contradict each other and URLs that cannot play their part.
void CheckOptions(const Options& options, const CommandInfo& command);

// Overwrites, where it stands, every argument that holds a password with its display form, so that
// the process list does not show it for longer than the start takes.
void HideSecrets(int argc, char** argv);

}  // namespace transload

#endif  // TRANSLOAD_CLI_COMMAND_LINE_H_
