// How many bytes of a row have to stay on its page. PostgreSQL stores long values elsewhere, but
// neither numbers nor values of 24 bytes and less, and a row does not go over two pages.
#ifndef TRANSLOAD_MAPPINGS_ROW_WIDTH_H_
#define TRANSLOAD_MAPPINGS_ROW_WIDTH_H_

#include <cstddef>
#include <vector>

#include "core/pg_type.h"

namespace transload {

// What is left of a page of 8 KiB for its only row.
inline constexpr std::size_t kRowBytesOfPage = 8160;

// What a row of columns of these types takes when none is NULL and all are as wide as may be.
std::size_t MostBytesInRow(const std::vector<PgType>& columns);

}  // namespace transload

#endif  // TRANSLOAD_MAPPINGS_ROW_WIDTH_H_
