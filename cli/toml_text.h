// What must be refused of a TOML text before the parser of Debian 12 sees it.
#ifndef TRANSLOAD_CLI_TOML_TEXT_H_
#define TRANSLOAD_CLI_TOML_TEXT_H_

#include <string>
#include <string_view>

namespace transload {

// Throws a usage error with the line; `path` names the file there.
void CheckTomlText(std::string_view text, const std::string& path);

}  // namespace transload

#endif  // TRANSLOAD_CLI_TOML_TEXT_H_
