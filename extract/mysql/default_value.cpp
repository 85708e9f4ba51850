#include "extract/mysql/default_value.h"

#include <cctype>

#include "core/ascii.h"

namespace transload::mysql {
namespace {

bool IsTemporal(const std::string& type) {
  return type == "datetime" || type == "timestamp" || type == "date" || type == "time";
}

bool IsNow(std::string_view text) {
  return StartsWithIgnoringCase(text, "current_timestamp") ||
         StartsWithIgnoringCase(text, "localtimestamp") || StartsWithIgnoringCase(text, "now(");
}

bool IsNumber(std::string_view text) {
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) text.remove_prefix(1);
  bool digits = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c >= '0' && c <= '9') {
      digits = true;
    } else if (c == 'e' || c == 'E') {
      if (!digits || i + 1 == text.size()) return false;
    } else if (c != '.' && !((c == '-' || c == '+') && (text[i - 1] | 0x20) == 'e')) {
      return false;
    }
  }
  return digits;
}

// True for X'..', x'..', b'..', B'..' and 0x..: literals of bytes and bits, kept as they stand.
bool IsByteLiteral(std::string_view text) {
  if (text.size() < 3) return false;
  if (text[0] == '0' && text[1] == 'x') return true;
  char kind = text[0];
  return (kind == 'x' || kind == 'X' || kind == 'b' || kind == 'B') && text[1] == '\'' &&
         text.back() == '\'';
}

// Reads a quoted literal that makes up the whole text. MariaDB prints '' for a quote and \\ for a
// backslash, \n and the like for control characters.
std::optional<std::string> WholeQuoted(std::string_view text) {
  if (text.size() < 2 || text.front() != '\'' || text.back() != '\'') return std::nullopt;
  std::string value;
  for (std::size_t i = 1; i + 1 < text.size(); ++i) {
    char c = text[i];
    if (c == '\'') {
      if (i + 2 >= text.size() || text[i + 1] != '\'') return std::nullopt;
      ++i;
    } else if (c == '\\' && i + 2 < text.size()) {
      char escaped = text[++i];
      switch (escaped) {
        case 'n':
          c = '\n';
          break;
        case 'r':
          c = '\r';
          break;
        case 't':
          c = '\t';
          break;
        case '0':
          c = '\0';
          break;
        case 'Z':
          c = '\x1a';
          break;
        case 'b':
          c = '\b';
          break;
        default:
          c = escaped;
          break;
      }
    }
    value += c;
  }
  return value;
}

bool IsWordCharacter(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '$' || (c & 0x80);
}

// Length of a character set introducer (_utf8mb4, _latin1, ...) at `at` that stands directly
// before a quote, or 0.
std::size_t IntroducerLength(std::string_view text, std::size_t at) {
  if (text[at] != '_' || (at > 0 && IsWordCharacter(text[at - 1]))) return 0;
  std::size_t end = at + 1;
  while (end < text.size() && std::isalnum(static_cast<unsigned char>(text[end]))) ++end;
  std::size_t quote = end;
  while (quote < text.size() && text[quote] == ' ') ++quote;
  if (quote < text.size() && text[quote] == '\'' && end > at + 1) return quote - at;
  return 0;
}

std::string Unescaped(std::string_view stored) {
  std::string text;
  for (std::size_t i = 0; i < stored.size(); ++i) {
    if (stored[i] != '\\' || i + 1 == stored.size()) {
      text += stored[i];
      continue;
    }
    char next = stored[++i];
    if (next == 'n') {
      text += '\n';
    } else if (next == '\'' || next == '\\') {
      text += next;
    } else {
      text += '\\';
      text += next;
    }
  }
  return text;
}

// The index after a quoted section that opens at `at`.
std::size_t AfterQuoted(std::string_view text, std::size_t at) {
  char quote = text[at++];
  while (at < text.size()) {
    if (text[at] == '\\' && quote != '`') {
      at += 2;
    } else if (text[at] != quote) {
      ++at;
    } else if (at + 1 < text.size() && text[at + 1] == quote) {
      at += 2;
    } else {
      return at + 1;
    }
  }
  return text.size();
}

}  // namespace

std::optional<SourceDefault> MySqlDefault(const std::optional<std::string>& text,
                                          const SourceColumn& column, std::string_view extra) {
  if (!text) return std::nullopt;
  SourceDefault value;
  value.text = *text;
  bool generated = LowerAscii(extra).find("default_generated") != std::string::npos;
  value.is_expression = generated || (IsTemporal(column.type) && IsNow(*text));
  if (generated) value.text = PlainExpression(*text, true);
  return value;
}

std::optional<SourceDefault> MariaDbDefault(const std::optional<std::string>& text,
                                            const SourceColumn& column) {
  if (!text || EqualIgnoringCase(*text, "NULL")) return std::nullopt;
  SourceDefault value;
  if (auto quoted = WholeQuoted(*text)) {
    value.text = *quoted;
    return value;
  }
  value.text = *text;
  bool bits = column.type == "bit" && IsNumber(*text);
  value.is_expression = !bits && !IsNumber(*text) && !IsByteLiteral(*text);
  return value;
}

std::string PlainExpression(std::string_view stored, bool escaped) {
  std::string text = escaped ? Unescaped(stored) : std::string(stored);
  std::string plain;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] == '\'' || text[at] == '`' || text[at] == '"') {
      std::size_t end = AfterQuoted(text, at);
      plain.append(text, at, end - at);
      at = end;
    } else if (std::size_t introducer = IntroducerLength(text, at)) {
      at += introducer;
    } else {
      plain += text[at++];
    }
  }
  return plain;
}

std::optional<std::string> EncodedOnce(std::string_view text) {
  std::string once;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto lead = static_cast<unsigned char>(text[at]);
    if (lead < 0x80) {
      once += text[at];
    } else if ((lead == 0xC2 || lead == 0xC3) && at + 1 < text.size()) {
      const auto next = static_cast<unsigned char>(text[++at]);
      once += static_cast<char>(((lead & 3) << 6) | (next & 0x3F));
    } else {
      return std::nullopt;
    }
  }
  if (once.size() == text.size()) return std::nullopt;
  return once;
}

std::string JsonValidColumn(std::string_view expression) {
  constexpr std::string_view kCall = "json_valid(";
  while (!expression.empty() && expression.front() == '(' && expression.back() == ')') {
    expression = expression.substr(1, expression.size() - 2);
  }
  if (!StartsWithIgnoringCase(expression, kCall) || expression.back() != ')') return {};
  std::string_view inside = expression.substr(kCall.size());
  inside.remove_suffix(1);
  if (inside.size() < 3 || inside.front() != '`' || AfterQuoted(inside, 0) != inside.size()) {
    return {};
  }
  std::string name;
  for (std::size_t i = 1; i + 1 < inside.size(); ++i) {
    if (inside[i] == '`') ++i;
    name += inside[i];
  }
  return name;
}

}  // namespace transload::mysql
