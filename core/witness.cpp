#include "core/witness.h"

#include <fmt/format.h>

namespace transload {

std::string ShortestDecimal(const std::string& text) {
  const bool negative = !text.empty() && text[0] == '-';
  std::string digits = text.substr(negative ? 1 : 0);
  if (digits.empty() || digits.find_first_not_of("0123456789.") != std::string::npos) return text;
  const std::size_t point = digits.find('.');
  if (point != digits.rfind('.')) return text;  // an address, a version
  if (point != std::string::npos) {
    std::size_t end = digits.find_last_not_of('0');
    if (end == point) --end;
    digits.resize(end + 1);
  }
  const std::size_t first = digits.find_first_not_of('0');
  if (first == std::string::npos) return "0";
  digits.erase(0, first);
  if (digits[0] == '.') digits.insert(0, "0");
  return (negative && digits != "0" ? "-" : "") + digits;
}

std::string ShortestReal(double value) {
  return value == 0 ? "0" : fmt::format("{}", value);  // the sign of zero is no difference
}

std::string LowerHexDigits(std::string hex) {
  for (char& c : hex) {
    if (c >= 'A' && c <= 'F') c = static_cast<char>(c - 'A' + 'a');
  }
  return hex;
}

}  // namespace transload
