// Integers of 128 bits: every integer a database counts with, of 38 digits at most, and sums of
// them. fmt prints them.
#ifndef TRANSLOAD_CORE_INT128_H_
#define TRANSLOAD_CORE_INT128_H_

#include <cstddef>
#include <string_view>

#include "core/digits.h"

namespace transload {

__extension__ using Int128 = __int128;

// The integer that a text begins with, "-12" of "-12.00"; 0 when it begins with none.
inline Int128 ParseInt128(std::string_view text) {
  const bool negative = text.starts_with('-');
  Int128 value = 0;
  for (std::size_t i = negative ? 1 : 0; i < text.size() && IsDigit(text[i]); ++i) {
    value = value * 10 + (text[i] - '0');
  }
  return negative ? -value : value;
}

}  // namespace transload

#endif  // TRANSLOAD_CORE_INT128_H_
