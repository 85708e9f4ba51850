// What stands before and after the tuples of a binary COPY.
// https://www.postgresql.org/docs/current/sql-copy.html#id-1.9.3.55.9.4
#ifndef TRANSLOAD_LOAD_COPY_FRAME_H_
#define TRANSLOAD_LOAD_COPY_FRAME_H_

#include <string_view>

namespace transload {

// Signature, flags, length of the header's extension.
inline constexpr std::string_view kCopyHeader("PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19);
inline constexpr std::string_view kCopyTrailer("\377\377", 2);

}  // namespace transload

#endif  // TRANSLOAD_LOAD_COPY_FRAME_H_
