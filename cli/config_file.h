// The TOML configuration file (docs/configuration.md).
#ifndef TRANSLOAD_CLI_CONFIG_FILE_H_
#define TRANSLOAD_CLI_CONFIG_FILE_H_

#include <string>
#include <string_view>

#include "core/options.h"

namespace transload {

// Reads the file into `options`. Files that it names ([[step]] file) are read too, relative to its
// own folder. Throws usage errors that begin with "path:line: ".
void ReadConfigFile(const std::string& path, Options& options);
// The same for text that has been read already; `path` is for messages and relative files.
void ReadConfigText(std::string_view text, const std::string& path, Options& options);

}  // namespace transload

#endif  // TRANSLOAD_CLI_CONFIG_FILE_H_
