// A SQLite database file as a source.
#ifndef TRANSLOAD_EXTRACT_SQLITE_SQLITE_SOURCE_H_
#define TRANSLOAD_EXTRACT_SQLITE_SQLITE_SOURCE_H_

#include <memory>

#include "extract/source.h"

namespace transload {

// For URLs of the scheme "sqlite". Opens the file, and only for reading.
std::unique_ptr<Source> OpenSqliteSource(const Options& options);

}  // namespace transload

#endif  // TRANSLOAD_EXTRACT_SQLITE_SQLITE_SOURCE_H_
