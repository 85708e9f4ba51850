#ifndef TRANSLOAD_CORE_GLOB_H_
#define TRANSLOAD_CORE_GLOB_H_

#include <string_view>

namespace transload {

// * stands for any characters, ? for one.
bool GlobMatches(std::string_view pattern, std::string_view text);

}  // namespace transload

#endif  // TRANSLOAD_CORE_GLOB_H_
