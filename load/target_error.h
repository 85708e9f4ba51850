// What a failure of the target means: SQLSTATEs as answers of transload::Error.
#ifndef TRANSLOAD_LOAD_TARGET_ERROR_H_
#define TRANSLOAD_LOAD_TARGET_ERROR_H_

#include <string>
#include <string_view>

#include "core/error.h"

namespace transload {

// `sqlstate` may be empty: a failure that the client library found itself.
Error TargetError(std::string_view sqlstate, std::string_view message);
// The connection is gone.
Error TargetLost(std::string_view message);

// What the user may do when a failure of this kind does not go away: words before "the same command
// goes on from here", or none.
std::string_view WhatToDo(std::string_view sqlstate);

}  // namespace transload

#endif  // TRANSLOAD_LOAD_TARGET_ERROR_H_
