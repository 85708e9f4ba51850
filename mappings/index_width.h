// How many bytes a key may take: PostgreSQL's btree holds 2704 per row, MySQL's 3072.
#ifndef TRANSLOAD_MAPPINGS_INDEX_WIDTH_H_
#define TRANSLOAD_MAPPINGS_INDEX_WIDTH_H_

#include <cstdint>
#include <vector>

#include "core/source_schema.h"

namespace transload {

// Where btree refuses a row is 2704 bytes for all of its columns and their headers; what is below
// this holds whatever the alignment.
inline constexpr std::uint64_t kSafeKeyBytes = 2600;

// The most bytes a column's value takes in an index, in UTF-8; 0 for types of a small fixed size,
// UINT64_MAX for types without a declared limit. `prefix` characters or bytes, when not negative.
std::uint64_t MostKeyBytes(const SourceColumn& column, std::int64_t prefix);

// The columns of a table that stand whole in a btree key which may be too wide.
std::vector<bool> WideKeyColumns(const SourceTable& table);

}  // namespace transload

#endif  // TRANSLOAD_MAPPINGS_INDEX_WIDTH_H_
