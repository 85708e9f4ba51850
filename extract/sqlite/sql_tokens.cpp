#include "extract/sqlite/sql_tokens.h"

#include <algorithm>

#include "core/ascii.h"
#include "core/digits.h"

namespace transload::sqlite {
namespace {

bool IsSpace(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool IsWordChar(char c) {
  return IsDigit(c) || IsLetter(c) || c == '_' || c == '$' || static_cast<unsigned char>(c) >= 0x80;
}

class Cutter {
 public:
  explicit Cutter(std::string_view sql) : sql_(sql) {}

  std::vector<SqlToken> Cut() {
    while (SkipBlanks()) tokens_.push_back(Next());
    return std::move(tokens_);
  }

 private:
  char At(std::size_t offset) const { return at_ + offset < sql_.size() ? sql_[at_ + offset] : 0; }

  // False at the end of the text.
  bool SkipBlanks() {
    while (at_ < sql_.size()) {
      if (IsSpace(sql_[at_])) {
        ++at_;
      } else if (At(0) == '-' && At(1) == '-') {
        at_ = std::min(sql_.find('\n', at_), sql_.size());
      } else if (At(0) == '/' && At(1) == '*') {
        const std::size_t end = sql_.find("*/", at_ + 2);
        at_ = end == std::string_view::npos ? sql_.size() : end + 2;
      } else {
        return true;
      }
    }
    return false;
  }

  SqlToken Next() {
    const char c = At(0);
    if (c == '\'') return QuotedToken(SqlToken::Kind::kString, 0, '\'');
    if (c == '"' || c == '`') return QuotedToken(SqlToken::Kind::kName, 0, c);
    if (c == '[') return QuotedToken(SqlToken::Kind::kName, 0, ']');
    if (LowerAscii(c) == 'x' && At(1) == '\'') return QuotedToken(SqlToken::Kind::kBlob, 1, '\'');
    if (IsDigit(c) || (c == '.' && IsDigit(At(1)))) return Number();
    if (IsWordChar(c)) {
      std::size_t size = 1;
      while (IsWordChar(At(size))) ++size;
      return Plain(SqlToken::Kind::kWord, size);
    }
    static constexpr std::string_view kPairs[] = {
        "||", "<=", ">=", "<>", "!=", "==", "<<", ">>", "->"};
    for (std::string_view pair : kPairs) {
      if (sql_.substr(at_).starts_with(pair)) {
        return Plain(SqlToken::Kind::kSymbol, pair == "->" && At(2) == '>' ? 3 : 2);
      }
    }
    return Plain(SqlToken::Kind::kSymbol, 1);
  }

  SqlToken Plain(SqlToken::Kind kind, std::size_t size) {
    SqlToken token{kind, sql_.substr(at_, size), std::string(sql_.substr(at_, size))};
    at_ += size;
    return token;
  }

  SqlToken Number() {
    std::size_t size = 1;
    while (IsWordChar(At(size)) || At(size) == '.' ||
           ((At(size) == '+' || At(size) == '-') && LowerAscii(At(size - 1)) == 'e' &&
            LowerAscii(At(1)) != 'x')) {
      ++size;
    }
    return Plain(SqlToken::Kind::kNumber, size);
  }

  // `skip` characters stand before the opening quote. A doubled closing quote stands for itself.
  SqlToken QuotedToken(SqlToken::Kind kind, std::size_t skip, char close) {
    const std::size_t start = at_;
    std::string value;
    at_ += skip + 1;
    while (at_ < sql_.size()) {
      if (sql_[at_] == close) {
        if (close == ']' || At(1) != close) break;
        ++at_;
      }
      value += sql_[at_++];
    }
    at_ = std::min(at_ + 1, sql_.size());
    return {kind, sql_.substr(start, at_ - start), std::move(value)};
  }

  std::string_view sql_;
  std::size_t at_ = 0;
  std::vector<SqlToken> tokens_;
};

}  // namespace

bool SqlToken::Is(std::string_view keyword) const {
  return kind == Kind::kWord && EqualIgnoringCase(raw, keyword);
}

std::vector<SqlToken> CutTokens(std::string_view sql) { return Cutter(sql).Cut(); }

}  // namespace transload::sqlite
