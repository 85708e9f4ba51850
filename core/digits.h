// Decimal digits in text, and numbers of a known width, as dates and times have them.
#ifndef TRANSLOAD_CORE_DIGITS_H_
#define TRANSLOAD_CORE_DIGITS_H_

#include <cstddef>
#include <cstdint>

namespace transload {

constexpr bool IsDigit(char c) { return c >= '0' && c <= '9'; }
constexpr bool IsHexDigit(char c) {
  return IsDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

// Reads exactly so many decimal digits; false when one of the characters is none. Without a branch
// per digit.
template <std::size_t kDigits>
inline bool ReadDigits(const char* at, std::uint32_t& value) {
  std::uint32_t sum = 0;
  bool digits = true;
  for (std::size_t i = 0; i < kDigits; ++i) {
    const auto digit = static_cast<std::uint8_t>(at[i] - '0');
    digits &= digit < 10;
    sum = sum * 10 + digit;
  }
  value = sum;
  return digits;
}

}  // namespace transload

#endif  // TRANSLOAD_CORE_DIGITS_H_
