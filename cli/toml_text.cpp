#include "cli/toml_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/error.h"
#include "core/utf8.h"

namespace transload {
namespace {

// Where the string that starts at `at` ends, behind its closing quotes; npos when it is not closed.
std::size_t StringEnd(std::string_view text, std::size_t at) {
  const char quote = text[at];
  const std::string three(3, quote);
  const bool multi_line = text.substr(at, 3) == three;
  std::size_t i = at + (multi_line ? 3 : 1);
  while (i < text.size()) {
    if (quote == '"' && text[i] == '\\') {
      i += 2;
    } else if (!multi_line && text[i] == quote) {
      return i + 1;
    } else if (multi_line && text.substr(i, 3) == three) {
      // One or two quotes may stand right before the closing ones.
      std::size_t end = text.find_first_not_of(quote, i);
      return std::min({end, i + 5, text.size()});
    } else if (!multi_line && text[i] == '\n') {
      break;
    } else {
      ++i;
    }
  }
  return std::string_view::npos;
}

// The parser of Debian 12 takes for granted that it is given UTF-8.
void RefuseIllFormedUtf8(std::string_view text, const std::string& path) {
  std::size_t line = 1;
  const char* const end = text.data() + text.size();
  for (const char* at = text.data(); at < end;) {
    if (*at == '\n') ++line;
    const std::size_t length = Utf8SequenceLength(at, end);
    if (length == 0) {
      throw UsageError(fmt::format("{}:{}: not valid TOML: the text is not UTF-8", path, line));
    }
    at += length;
  }
}

// Names with characters beyond ASCII stand in quotes. The parser of Debian 12 runs into undefined
// behaviour where they do not, so they are refused before it sees them.
void RefuseBareNonAscii(std::string_view text, const std::string& path) {
  auto refuse = [&](std::size_t at, std::string_view what) {
    auto line = 1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n');
    throw UsageError(fmt::format("{}:{}: not valid TOML: {}", path, line, what));
  };
  std::size_t i = text.starts_with("\xEF\xBB\xBF") ? 3 : 0;
  while (i < text.size()) {
    if (static_cast<unsigned char>(text[i]) >= 0x80) {
      refuse(i, "a letter beyond ASCII outside of quotes");
    }
    if (text[i] == '#') {
      i = std::min(text.find('\n', i), text.size());
    } else if (text[i] == '"' || text[i] == '\'') {
      std::size_t end = StringEnd(text, i);
      if (end == std::string_view::npos) refuse(i, "a text in quotes that does not end");
      i = end;
    } else {
      ++i;
    }
  }
}

}  // namespace

void CheckTomlText(std::string_view text, const std::string& path) {
  RefuseIllFormedUtf8(text, path);
  RefuseBareNonAscii(text, path);
}

}  // namespace transload
