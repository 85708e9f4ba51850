#include "core/printable.h"

#include <fmt/format.h>

#include "core/utf8.h"

namespace transload {
namespace {

bool IsControl(unsigned char byte) { return byte < 0x20 || byte == 0x7F; }

// U+202A to U+202E and U+2066 to U+2069: embeddings, overrides and isolates.
bool Reorders(std::string_view three) {
  return (three[0] == '\xE2' && three[1] == '\x80' && three[2] >= '\xAA' && three[2] <= '\xAE') ||
         (three[0] == '\xE2' && three[1] == '\x81' && three[2] >= '\xA6' && three[2] <= '\xA9');
}

unsigned CodePointOfThree(std::string_view three) {
  return (three[0] & 0x0Fu) << 12 | (three[1] & 0x3Fu) << 6 | (three[2] & 0x3Fu);
}

std::string Shown(std::string_view text, std::string_view kept) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const auto first = static_cast<unsigned char>(text[0]);
    std::size_t length = Utf8SequenceLength(text.data(), text.data() + text.size());
    const std::string_view sequence = text.substr(0, length);
    if (kept.find(text[0]) == std::string_view::npos && (first == '\n' || first == '\t')) {
      out += first == '\n' ? "\\n" : "\\t";
    } else if (length == 0 || (IsControl(first) && kept.find(text[0]) == std::string_view::npos)) {
      out += fmt::format("\\x{:02x}", first);
      length = 1;
    } else if (length == 2 && sequence < "\xC2\xA0") {  // U+0080 to U+009F
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(sequence[1]));
    } else if (length == 3 && Reorders(sequence)) {
      out += fmt::format("\\u{:04x}", CodePointOfThree(sequence));
    } else {
      out += sequence;
    }
    text.remove_prefix(length);
  }
  return out;
}

}  // namespace

std::string Printable(std::string_view text) { return Shown(text, ""); }
std::string PrintableLines(std::string_view text) { return Shown(text, "\n\t"); }

}  // namespace transload
