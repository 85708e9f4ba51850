// Text as PostgreSQL accepts it: well-formed UTF-8 (RFC 3629) without U+0000.
#ifndef TRANSLOAD_CORE_UTF8_H_
#define TRANSLOAD_CORE_UTF8_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace transload {

// How many bytes from the start on are U+0001 to U+007F for sure: all of them, or all before one of
// the sixteen among which the first other byte is.
std::size_t PlainPrefix(std::string_view text);

// The position of the first byte that PostgreSQL would refuse (U+0000, or the start of an
// ill-formed sequence), or text.size() when there is none. One pass, fast over ASCII.
std::size_t FindBadText(std::string_view text);

// The length of the well-formed sequence at `at` (1 to 4), or 0. U+0000 is well-formed here.
std::size_t Utf8SequenceLength(const char* at, const char* end);

// The length of the ill-formed bytes at `at` that one U+FFFD stands for: the maximal subpart of a
// sequence (Unicode 3.9, D93b), but a whole encoded surrogate (ED A0 80 to ED BF BF) as one.
std::size_t IllFormedLength(const char* at, const char* end);

// Code points of well-formed text.
std::size_t CountCodePoints(std::string_view text);

void AppendUtf8(std::string& out, std::uint32_t code_point);

// Replaces `out`. Lone surrogates become three bytes each (not well-formed: ED A0 80 …).
void Utf16ToUtf8(std::string_view utf16le, std::string& out);

}  // namespace transload

#endif  // TRANSLOAD_CORE_UTF8_H_
