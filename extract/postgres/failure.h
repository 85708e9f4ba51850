// What an SQLSTATE of the source means for the run.
#ifndef TRANSLOAD_EXTRACT_POSTGRES_FAILURE_H_
#define TRANSLOAD_EXTRACT_POSTGRES_FAILURE_H_

#include <string_view>

#include "core/error.h"

namespace transload::postgres {

inline constexpr std::string_view kQueryCanceled = "57014";
inline constexpr std::string_view kLockNotAvailable = "55P03";
inline constexpr std::string_view kTooManyConnections = "53300";
inline constexpr std::string_view kUndefinedTable = "42P01";
inline constexpr std::string_view kUndefinedSchema = "3F000";
inline constexpr std::string_view kInsufficientPrivilege = "42501";

// A statement failed. A recovery conflict on a standby (40001, 40P01) may be retried: the exported
// snapshot outlives the reader's transaction.
Error StatementError(std::string_view sqlstate, std::string_view message);
Error ConnectionLost(std::string_view message);

}  // namespace transload::postgres

#endif  // TRANSLOAD_EXTRACT_POSTGRES_FAILURE_H_
