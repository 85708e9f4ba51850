// Bytes as hexadecimal digits in lower case.
#ifndef TRANSLOAD_CORE_HEX_H_
#define TRANSLOAD_CORE_HEX_H_

#include <cstdint>
#include <string>
#include <string_view>

namespace transload {

inline void AppendHex(std::string& out, std::string_view bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  for (const char c : bytes) {
    const unsigned byte = static_cast<std::uint8_t>(c);
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
}

inline std::string LowerHex(std::string_view bytes) {
  std::string hex;
  hex.reserve(bytes.size() * 2);
  AppendHex(hex, bytes);
  return hex;
}

}  // namespace transload

#endif  // TRANSLOAD_CORE_HEX_H_
