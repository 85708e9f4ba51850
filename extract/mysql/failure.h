// What an error number of the server or the client library means for the run.
#ifndef TRANSLOAD_EXTRACT_MYSQL_FAILURE_H_
#define TRANSLOAD_EXTRACT_MYSQL_FAILURE_H_

#include <string_view>

#include "core/error.h"

namespace transload::mysql {

inline constexpr unsigned kAccessDeniedForDatabase = 1044;
inline constexpr unsigned kAccessDenied = 1045;
inline constexpr unsigned kTableAccessDenied = 1142;
inline constexpr unsigned kLockWaitTimeout = 1205;
inline constexpr unsigned kPrivilegeMissing = 1227;
inline constexpr unsigned kQueryInterrupted = 1317;
inline constexpr unsigned kTableChanged = 1412;
inline constexpr unsigned kStatementTimeout = 1969;
inline constexpr unsigned kExecutionTime = 3024;

// A statement failed. `doing` completes "while ...".
Error StatementError(unsigned number, std::string_view message, std::string_view doing);
// A connection could not be made; the message says what to do. `where` is "user@host:port/db".
Error ConnectError(unsigned number, std::string_view message, std::string_view where);

bool IsPrivilegeError(const Error& error);

}  // namespace transload::mysql

#endif  // TRANSLOAD_EXTRACT_MYSQL_FAILURE_H_
