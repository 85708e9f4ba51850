// Every option of transload, once: the command line, the configuration file, the help and the docs
// are made from this table. To add an option is to add a line.
#ifndef TRANSLOAD_CLI_OPTION_TABLE_H_
#define TRANSLOAD_CLI_OPTION_TABLE_H_

#include <string>
#include <vector>

#include "core/options.h"

namespace transload {

enum class OptionShape {
  kFlag,   // present or not; true or false in the file
  kValue,  // one text
  kList,   // may be given several times; an array in the file
  kCount,  // -v -v; a number in the file
  kMaybe,  // present, or present with =TEXT; true, false or a text in the file
};

// Which commands an option belongs to, as bits.
enum OptionGroup : unsigned {
  kForPlan = 1,
  kForPreflight = 2,
  kForRun = 4,
  kForStatus = 8,
  kForUndo = 16,
  kForVerify = 32,  // and sync, which takes verify's options too
  kForSync = 64,
  kForVerifyAlone = 128,
  kForMove = kForPlan | kForPreflight | kForRun,  // what a run makes, and looking at it before
  kForSourceAndTarget = kForMove | kForVerify,
  kForLedger = kForStatus | kForUndo,
  kForAll = kForSourceAndTarget | kForLedger,
};

struct OptionSpec {
  std::string name;        // "max-rate"; the file's key has '_' for '-'
  std::string short_name;  // "j" or empty
  OptionShape shape = OptionShape::kValue;
  std::string hint;  // "N", "lower|preserve|snake"
  std::string help;
  unsigned commands = kForAll;
  // Reads one text into the options; throws a usage error without a place.
  void (*set)(Options& options, const std::string& text);

  std::string Key() const;  // "max_rate"
};

const std::vector<OptionSpec>& OptionTable();
// Null when there is none.
const OptionSpec* FindOptionByKey(const std::string& key);

}  // namespace transload

#endif  // TRANSLOAD_CLI_OPTION_TABLE_H_
