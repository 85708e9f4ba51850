// What SQLite makes of a declared type, and what a reader of it would.
// https://www.sqlite.org/datatype3.html#determination_of_column_affinity
#ifndef TRANSLOAD_EXTRACT_SQLITE_DECLARED_TYPE_H_
#define TRANSLOAD_EXTRACT_SQLITE_DECLARED_TYPE_H_

#include <string_view>

#include "core/source_schema.h"

namespace transload::sqlite {

enum class Affinity { kInteger, kText, kBlob, kReal, kNumeric };

Affinity AffinityOf(std::string_view declared);

// Fills type, full_type, is_unsigned, length, precision and scale from "DECIMAL(10,2)".
void SetDeclaredType(SourceColumn& column, std::string_view declared);

// A default as PRAGMA table_xinfo prints it: literals lose their quotes, the rest is an expression.
std::optional<SourceDefault> ParseDefault(std::string_view sql);

}  // namespace transload::sqlite

#endif  // TRANSLOAD_EXTRACT_SQLITE_DECLARED_TYPE_H_
