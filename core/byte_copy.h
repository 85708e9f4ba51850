// Copies of the short texts and numbers that rows are made of.
#ifndef TRANSLOAD_CORE_BYTE_COPY_H_
#define TRANSLOAD_CORE_BYTE_COPY_H_

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace transload {

// memcpy for sizes that are mostly below 32 and never known before: a call into the C library costs
// more than such a copy. Two loads that overlap cover every size between their width and twice it.
[[gnu::always_inline]] inline void CopyBytes(char* to, const void* from, std::size_t size) {
  const char* source = static_cast<const char*>(from);
  auto both_ends = [&](auto word) {
    decltype(word) last;
    std::memcpy(&word, source, sizeof word);
    std::memcpy(&last, source + size - sizeof last, sizeof last);
    std::memcpy(to, &word, sizeof word);
    std::memcpy(to + size - sizeof last, &last, sizeof last);
  };
  struct Sixteen {
    std::uint64_t low, high;
  };
  if (size > 32) {
    std::memcpy(to, source, size);
  } else if (size >= 16) {
    both_ends(Sixteen{});
  } else if (size >= 8) {
    both_ends(std::uint64_t{});
  } else if (size >= 4) {
    both_ends(std::uint32_t{});
  } else if (size > 0) {
    const char middle = source[size / 2];
    const char last = source[size - 1];
    to[0] = source[0];
    to[size / 2] = middle;
    to[size - 1] = last;
  }
}

}  // namespace transload

#endif  // TRANSLOAD_CORE_BYTE_COPY_H_
