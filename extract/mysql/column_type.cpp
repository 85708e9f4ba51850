#include "extract/mysql/column_type.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/ascii.h"

namespace transload::mysql {
namespace {

char Unescaped(char c) {
  switch (c) {
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case '0':
      return '\0';
    default:
      return c;
  }
}

class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  bool done() const { return at_ >= text_.size(); }
  char peek() const { return done() ? '\0' : text_[at_]; }
  void SkipSpace() {
    while (!done() && std::isspace(static_cast<unsigned char>(text_[at_]))) ++at_;
  }
  bool Take(char c) {
    if (peek() != c || done()) return false;
    ++at_;
    return true;
  }
  void Skip() { ++at_; }

  std::string Word() {
    std::size_t start = at_;
    while (!done() && (std::isalnum(static_cast<unsigned char>(text_[at_])) || text_[at_] == '_')) {
      ++at_;
    }
    return LowerAscii(text_.substr(start, at_ - start));
  }

  // The text of a comment whose "/*" is next; empty when none is.
  bool Comment(std::string_view* inside) {
    if (text_.substr(at_, 2) != "/*") return false;
    std::size_t end = text_.find("*/", at_ + 2);
    if (end == std::string_view::npos) end = text_.size();
    *inside = text_.substr(at_ + 2, end - at_ - 2);
    at_ = std::min(text_.size(), end + 2);
    return true;
  }

  // A quoted member whose opening quote is next. The catalogue doubles quotes and writes backslash,
  // line ends and NUL with a backslash.
  std::string Quoted() {
    std::string value;
    Skip();
    while (!done()) {
      char c = text_[at_++];
      if (c == '\\' && !done()) {
        value += Unescaped(text_[at_++]);
      } else if (c != '\'') {
        value += c;
      } else if (!Take('\'')) {
        break;
      } else {
        value += '\'';
      }
    }
    return value;
  }

  std::int64_t Number() {
    std::int64_t value = -1;
    auto [end, error] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), value);
    if (error == std::errc()) at_ = static_cast<std::size_t>(end - text_.data());
    return value;
  }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

bool IsFractional(const std::string& type) {
  return type == "time" || type == "datetime" || type == "timestamp";
}

bool HasScale(const std::string& type) {
  return type == "decimal" || type == "numeric" || type == "float" || type == "double" ||
         type == "real";
}

void ReadArguments(Scanner& scanner, SourceColumn& column) {
  std::vector<std::int64_t> numbers;
  while (!scanner.done() && !scanner.Take(')')) {
    scanner.SkipSpace();
    if (scanner.peek() == '\'') {
      column.labels.push_back(scanner.Quoted());
    } else if (std::isdigit(static_cast<unsigned char>(scanner.peek()))) {
      numbers.push_back(scanner.Number());
    } else if (scanner.peek() != ')') {
      scanner.Skip();
    }
  }
  if (numbers.empty()) return;
  if (IsFractional(column.type)) {
    column.precision = static_cast<std::int32_t>(numbers[0]);
  } else if (HasScale(column.type)) {
    column.precision = static_cast<std::int32_t>(numbers[0]);
    if (numbers.size() > 1) column.scale = static_cast<std::int32_t>(numbers[1]);
  } else {
    column.length = numbers[0];
  }
}

void ReadSrid(std::string_view comment, SourceColumn& column) {
  std::string lower = LowerAscii(comment);
  std::size_t at = lower.find("srid");
  if (at == std::string::npos) return;
  at = lower.find_first_of("0123456789", at);
  if (at == std::string::npos) return;
  std::uint32_t srid = 0;
  std::from_chars(lower.data() + at, lower.data() + lower.size(), srid);
  column.srid = srid;
}

void ReadAttributes(Scanner& scanner, SourceColumn& column) {
  while (!scanner.done()) {
    std::string_view comment;
    if (scanner.Comment(&comment)) {
      ReadSrid(comment, column);
      continue;
    }
    std::string word = scanner.Word();
    if (word.empty()) {
      scanner.Skip();
    } else if (word == "unsigned") {
      column.is_unsigned = true;
    } else if (word == "zerofill") {
      column.is_unsigned = column.zerofill = true;
    }
  }
}

const std::unordered_map<std::string, CellFormat>& Formats() {
  static const std::unordered_map<std::string, CellFormat> formats = {
      {"float", CellFormat::kFloat32},
      {"double", CellFormat::kFloat64},
      {"real", CellFormat::kFloat64},
      {"decimal", CellFormat::kDecimal},
      {"numeric", CellFormat::kDecimal},
      {"date", CellFormat::kCivil},
      {"datetime", CellFormat::kCivil},
      {"timestamp", CellFormat::kCivil},
      {"time", CellFormat::kDuration},
      {"year", CellFormat::kUnsigned},
      {"bit", CellFormat::kBits},
      {"enum", CellFormat::kText},
      {"set", CellFormat::kText},
      {"json", CellFormat::kText},
      {"uuid", CellFormat::kText},
      {"inet4", CellFormat::kText},
      {"inet6", CellFormat::kText},
      {"geometry", CellFormat::kGeometry},
      {"point", CellFormat::kGeometry},
      {"linestring", CellFormat::kGeometry},
      {"polygon", CellFormat::kGeometry},
      {"multipoint", CellFormat::kGeometry},
      {"multilinestring", CellFormat::kGeometry},
      {"multipolygon", CellFormat::kGeometry},
      {"geometrycollection", CellFormat::kGeometry},
      {"geomcollection", CellFormat::kGeometry},
      {"vector", CellFormat::kVector},
  };
  return formats;
}

}  // namespace

void ParseColumnType(std::string_view column_type, SourceColumn& column) {
  column.full_type = column_type;
  Scanner scanner(column_type);
  scanner.SkipSpace();
  column.type = scanner.Word();
  scanner.SkipSpace();
  if (scanner.Take('(')) ReadArguments(scanner, column);
  ReadAttributes(scanner, column);
  if (IsFractional(column.type) && column.precision < 0) column.precision = 0;
}

CellFormat WireFormat(const SourceColumn& column) {
  const std::string& type = column.type;
  if (type == "tinyint" || type == "smallint" || type == "mediumint" || type == "int" ||
      type == "bigint") {
    return column.is_unsigned ? CellFormat::kUnsigned : CellFormat::kSigned;
  }
  auto found = Formats().find(type);
  if (found != Formats().end()) return found->second;
  // char and text by their character set; a type nobody knows yet likewise.
  return column.charset.empty() || column.charset == "binary" ? CellFormat::kBytes
                                                              : CellFormat::kText;
}

}  // namespace transload::mysql
