// SQLite's integers of one to nine bytes: https://www.sqlite.org/fileformat2.html#varint
#ifndef TRANSLOAD_EXTRACT_SQLITE_VARINT_H_
#define TRANSLOAD_EXTRACT_SQLITE_VARINT_H_

#include <cstdint>

namespace transload::sqlite {

constexpr int kLongestVarint = 9;

// Reads up to nine bytes, whatever they are, and returns where the next value begins.
inline const unsigned char* ReadVarint(const unsigned char* at, std::uint64_t& value) {
  if (at[0] < 0x80) {
    value = at[0];
    return at + 1;
  }
  std::uint64_t result = 0;
  for (int i = 0; i < kLongestVarint - 1; ++i) {
    result = result << 7 | (at[i] & 0x7fu);
    if (at[i] < 0x80) {
      value = result;
      return at + i + 1;
    }
  }
  value = result << 8 | at[kLongestVarint - 1];
  return at + kLongestVarint;
}

}  // namespace transload::sqlite

#endif  // TRANSLOAD_EXTRACT_SQLITE_VARINT_H_
