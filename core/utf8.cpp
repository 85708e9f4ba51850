#include "core/utf8.h"

#include <algorithm>
#include <cstring>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace transload {
namespace {

constexpr std::uint64_t kHighBits = 0x8080808080808080u;
constexpr std::uint64_t kOnes = 0x0101010101010101u;

std::uint8_t Byte(const char* at) { return static_cast<std::uint8_t>(*at); }
bool IsTail(const char* at) { return (Byte(at) & 0xC0) == 0x80; }

// Whether no byte of the word is NUL or beyond ASCII. The zero test may only be wrong when a high
// bit is set, which the other half finds.
bool Plain(std::uint64_t word) { return ((word | (word - kOnes)) & kHighBits) == 0; }

template <typename Word>
Word Load(const char* at) {
  Word word;
  std::memcpy(&word, at, sizeof word);
  return word;
}

#ifdef __SSE2__
bool Plain16(const char* at) {
  const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
  // Signed: bytes from 1 to 127 are the ones greater than zero.
  return _mm_movemask_epi8(_mm_cmpgt_epi8(bytes, _mm_setzero_si128())) == 0xFFFF;
}
#else
bool Plain16(const char* at) {
  return Plain(Load<std::uint64_t>(at)) && Plain(Load<std::uint64_t>(at + 8));
}
#endif

// Below sixteen bytes: two loads that overlap cover every size between their width and twice it.
bool PlainShort(const char* at, std::size_t size) {
  if (size >= 8) {
    return Plain(Load<std::uint64_t>(at)) && Plain(Load<std::uint64_t>(at + size - 8));
  }
  if (size >= 4) {
    return Plain(Load<std::uint32_t>(at) | std::uint64_t{Load<std::uint32_t>(at + size - 4)} << 32);
  }
  // Bytes from 1 to 127, seen as signed.
  return size == 0 ||
         (static_cast<signed char>(at[0]) > 0 && static_cast<signed char>(at[size / 2]) > 0 &&
          static_cast<signed char>(at[size - 1]) > 0);
}

}  // namespace

std::size_t Utf8SequenceLength(const char* at, const char* end) {
  const std::uint8_t lead = Byte(at);
  const std::ptrdiff_t left = end - at;
  if (lead < 0x80) return 1;
  if (lead < 0xC2) return 0;
  if (lead < 0xE0) return left >= 2 && IsTail(at + 1) ? 2 : 0;
  if (lead < 0xF0) {
    if (left < 3 || !IsTail(at + 1) || !IsTail(at + 2)) return 0;
    if (lead == 0xE0 && Byte(at + 1) < 0xA0) return 0;  // overlong
    if (lead == 0xED && Byte(at + 1) > 0x9F) return 0;  // surrogates
    return 3;
  }
  if (lead > 0xF4 || left < 4 || !IsTail(at + 1) || !IsTail(at + 2) || !IsTail(at + 3)) return 0;
  if (lead == 0xF0 && Byte(at + 1) < 0x90) return 0;  // overlong
  if (lead == 0xF4 && Byte(at + 1) > 0x8F) return 0;  // beyond U+10FFFF
  return 4;
}

std::size_t IllFormedLength(const char* at, const char* end) {
  const std::uint8_t lead = Byte(at);
  const std::ptrdiff_t left = end - at;
  std::size_t wanted = 0;
  if (lead >= 0xC2 && lead < 0xE0) wanted = 2;
  if (lead >= 0xE0 && lead < 0xF0) wanted = 3;
  if (lead >= 0xF0 && lead <= 0xF4) wanted = 4;
  if (wanted == 0 || left < 2 || !IsTail(at + 1)) return 1;
  const std::uint8_t second = Byte(at + 1);
  if (lead == 0xED && second > 0x9F) return left >= 3 && IsTail(at + 2) ? 3 : 1;
  if ((lead == 0xE0 && second < 0xA0) || (lead == 0xF0 && second < 0x90) ||
      (lead == 0xF4 && second > 0x8F)) {
    return 1;
  }
  std::size_t length = 2;
  while (length < wanted && static_cast<std::ptrdiff_t>(length) < left && IsTail(at + length)) {
    ++length;
  }
  return length;
}

std::size_t PlainPrefix(std::string_view text) {
  if (text.size() < 16) return PlainShort(text.data(), text.size()) ? text.size() : 0;
  std::size_t at = 0;
  for (; at + 16 <= text.size(); at += 16) {
    if (!Plain16(text.data() + at)) return at;
  }
  return Plain16(text.data() + text.size() - 16) ? text.size() : at;
}

std::size_t FindBadText(std::string_view text) {
  std::size_t at = PlainPrefix(text);
  const char* const end = text.data() + text.size();
  while (at < text.size()) {
    // Over the bytes that hold something else, then fast again.
    const std::size_t stop = std::min(at + 16, text.size());
    while (at < stop) {
      const std::size_t length = Utf8SequenceLength(text.data() + at, end);
      if (length == 0 || text[at] == '\0') return at;
      at += length;
    }
    at += PlainPrefix(text.substr(at));
  }
  return text.size();
}

std::size_t CountCodePoints(std::string_view text) {
  std::size_t count = 0;
  for (const char c : text) count += (static_cast<std::uint8_t>(c) & 0xC0) != 0x80;
  return count;
}

void AppendUtf8(std::string& out, std::uint32_t code_point) {
  auto put = [&out](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (code_point < 0x80) {
    put(code_point);
  } else if (code_point < 0x800) {
    put(0xC0 | code_point >> 6);
    put(0x80 | (code_point & 0x3F));
  } else if (code_point < 0x10000) {
    put(0xE0 | code_point >> 12);
    put(0x80 | (code_point >> 6 & 0x3F));
    put(0x80 | (code_point & 0x3F));
  } else {
    put(0xF0 | code_point >> 18);
    put(0x80 | (code_point >> 12 & 0x3F));
    put(0x80 | (code_point >> 6 & 0x3F));
    put(0x80 | (code_point & 0x3F));
  }
}

void Utf16ToUtf8(std::string_view utf16le, std::string& out) {
  out.clear();
  auto unit = [&](std::size_t i) -> std::uint32_t {
    return static_cast<std::uint8_t>(utf16le[i]) |
           static_cast<std::uint32_t>(static_cast<std::uint8_t>(utf16le[i + 1])) << 8;
  };
  for (std::size_t i = 0; i + 1 < utf16le.size(); i += 2) {
    std::uint32_t code = unit(i);
    if (code >= 0xD800 && code < 0xDC00 && i + 3 < utf16le.size()) {
      const std::uint32_t low = unit(i + 2);
      if (low >= 0xDC00 && low < 0xE000) {
        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
        i += 2;
      }
    }
    AppendUtf8(out, code);
  }
}

}  // namespace transload
