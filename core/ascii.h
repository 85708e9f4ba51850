// Letters and their case in ASCII alone: other letters fold differently in every locale.
#ifndef TRANSLOAD_CORE_ASCII_H_
#define TRANSLOAD_CORE_ASCII_H_

#include <algorithm>
#include <string>
#include <string_view>

namespace transload {

constexpr bool IsUpper(char c) { return c >= 'A' && c <= 'Z'; }
constexpr bool IsLower(char c) { return c >= 'a' && c <= 'z'; }
constexpr bool IsLetter(char c) { return IsUpper(c) || IsLower(c); }
constexpr char LowerAscii(char c) { return IsUpper(c) ? static_cast<char>(c + 32) : c; }
constexpr char UpperAscii(char c) { return IsLower(c) ? static_cast<char>(c - 32) : c; }

inline std::string LowerAscii(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = LowerAscii(c);
  return lower;
}

inline std::string UpperAscii(std::string_view text) {
  std::string upper(text);
  for (char& c : upper) c = UpperAscii(c);
  return upper;
}

inline bool EqualIgnoringCase(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return LowerAscii(x) == LowerAscii(y); });
}

inline bool StartsWithIgnoringCase(std::string_view text, std::string_view start) {
  return EqualIgnoringCase(text.substr(0, start.size()), start);
}

}  // namespace transload

#endif  // TRANSLOAD_CORE_ASCII_H_
