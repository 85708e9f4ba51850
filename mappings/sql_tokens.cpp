#include "mappings/sql_tokens.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/ascii.h"
#include "core/digits.h"

namespace transload {
namespace {

bool IsWordStart(char c) {
  return IsLetter(c) || c == '_' || c == '@' || static_cast<unsigned char>(c) >= 0x80;
}
bool IsWord(char c) { return IsWordStart(c) || IsDigit(c) || c == '$'; }

class Tokenizer {
 public:
  Tokenizer(std::string_view sql, SqlDialect dialect) : sql_(sql), dialect_(dialect) {}

  std::vector<SqlToken> Run(std::string& why) {
    while (why_.empty()) {
      while (at_ < sql_.size() &&
             (sql_[at_] == ' ' || sql_[at_] == '\n' || sql_[at_] == '\t' || sql_[at_] == '\r')) {
        ++at_;
      }
      if (at_ >= sql_.size()) break;
      Next();
    }
    why = why_;
    tokens_.push_back({});
    return std::move(tokens_);
  }

 private:
  char Peek(std::size_t ahead = 0) const {
    return at_ + ahead < sql_.size() ? sql_[at_ + ahead] : '\0';
  }
  void Add(SqlToken::Kind kind, std::string text) {
    std::string upper = kind == SqlToken::Kind::kWord ? UpperAscii(text) : std::string();
    tokens_.push_back({kind, std::move(text), std::move(upper)});
  }

  void Next() {
    const char c = Peek();
    if (c == '\'') return String();
    if (c == '"') return DoubleQuoted();
    if (c == '`') return Add(SqlToken::Kind::kQuotedName, Delimited('`', false));
    if (c == '[' && dialect_ == SqlDialect::kSqlite) return Bracketed();
    if ((c == 'x' || c == 'X' || c == 'b' || c == 'B') && Peek(1) == '\'') return Prefixed();
    if (c == '0' && (Peek(1) == 'x' || Peek(1) == 'X') && IsHexDigit(Peek(2))) return ZeroX();
    if (IsDigit(c) || (c == '.' && IsDigit(Peek(1)))) return Number();
    if (IsWordStart(c)) return Word();
    Operator();
  }

  // Reads up to the closing quote; doubled quotes stand for one, and in MySQL's strings a backslash
  // escapes.
  std::string Delimited(char quote, bool escapes) {
    std::string out;
    ++at_;
    for (;;) {
      if (at_ >= sql_.size()) {
        why_ = fmt::format("a quote {} is not closed", quote);
        return out;
      }
      const char c = sql_[at_++];
      if (c == quote) {
        if (Peek() != quote) return out;
        ++at_;
      } else if (c == '\\' && escapes && at_ < sql_.size()) {
        out += Unescaped(sql_[at_++]);
        continue;
      }
      out += c;
    }
  }

  std::string Unescaped(char c) {
    switch (c) {
      case '0':
        why_ = "a text holds a NUL byte";
        return "";
      case 'n':
        return "\n";
      case 't':
        return "\t";
      case 'r':
        return "\r";
      case 'b':
        return "\b";
      case 'Z':
        return "\x1a";
      case '%':
      case '_':
        return std::string("\\") + c;  // MySQL keeps the backslash for LIKE
      default:
        return std::string(1, c);
    }
  }

  void String() {
    std::string text = Delimited('\'', dialect_ == SqlDialect::kMySql);
    // 'a' 'b' is one text in MySQL; an introducer (_utf8mb4'x') says nothing that matters here.
    if (!tokens_.empty() && tokens_.back().kind == SqlToken::Kind::kWord &&
        tokens_.back().text.starts_with('_') && dialect_ == SqlDialect::kMySql) {
      tokens_.pop_back();
    }
    Add(SqlToken::Kind::kString, std::move(text));
  }

  void DoubleQuoted() {
    const bool name = dialect_ == SqlDialect::kSqlite;
    std::string text = Delimited('"', !name);
    Add(name ? SqlToken::Kind::kQuotedName : SqlToken::Kind::kString, std::move(text));
  }

  void Bracketed() {
    const std::size_t close = sql_.find(']', at_);
    if (close == std::string_view::npos) {
      why_ = "a bracket is not closed";
      return;
    }
    Add(SqlToken::Kind::kQuotedName, std::string(sql_.substr(at_ + 1, close - at_ - 1)));
    at_ = close + 1;
  }

  void Prefixed() {
    const bool hex = Peek() == 'x' || Peek() == 'X';
    ++at_;
    std::string digits = Delimited('\'', false);
    const bool valid = std::all_of(digits.begin(), digits.end(), [&](char c) {
      return hex ? IsHexDigit(c) : c == '0' || c == '1';
    });
    if (!valid || (hex && digits.size() % 2 != 0)) why_ = "a literal holds other than its digits";
    Add(hex ? SqlToken::Kind::kHex : SqlToken::Kind::kBits, std::move(digits));
  }

  void ZeroX() {
    std::size_t end = at_ + 2;
    while (end < sql_.size() && IsHexDigit(sql_[end])) ++end;
    std::string digits(sql_.substr(at_ + 2, end - at_ - 2));
    Add(SqlToken::Kind::kHex, digits.size() % 2 == 0 ? digits : "0" + digits);
    at_ = end;
  }

  void Number() {
    std::size_t end = at_;
    while (end < sql_.size() && IsDigit(sql_[end])) ++end;
    if (end < sql_.size() && sql_[end] == '.') ++end;
    while (end < sql_.size() && IsDigit(sql_[end])) ++end;
    if (end < sql_.size() && (sql_[end] == 'e' || sql_[end] == 'E')) {
      std::size_t exponent = end + 1;
      if (exponent < sql_.size() && (sql_[exponent] == '+' || sql_[exponent] == '-')) ++exponent;
      if (exponent < sql_.size() && IsDigit(sql_[exponent])) {
        end = exponent;
        while (end < sql_.size() && IsDigit(sql_[end])) ++end;
      }
    }
    if (end < sql_.size() && IsWordStart(sql_[end])) why_ = "a number runs into a word";
    Add(SqlToken::Kind::kNumber, std::string(sql_.substr(at_, end - at_)));
    at_ = end;
  }

  void Word() {
    std::size_t end = at_;
    while (end < sql_.size() && IsWord(sql_[end])) ++end;
    Add(SqlToken::Kind::kWord, std::string(sql_.substr(at_, end - at_)));
    at_ = end;
  }

  void Operator() {
    constexpr std::array<std::string_view, 14> kLong = {
        "<=>", "->>", "<=", ">=", "<>", "!=", "==", "||", "&&", "<<", ">>", "->", ":=", "::"};
    for (std::string_view op : kLong) {
      if (sql_.substr(at_).starts_with(op)) {
        Add(SqlToken::Kind::kOperator, std::string(op));
        at_ += op.size();
        return;
      }
    }
    if (std::string_view("()+-*/%,<>=!~&|^.").find(Peek()) == std::string_view::npos) {
      why_ = fmt::format("'{}' is not understood", Peek());
      return;
    }
    Add(SqlToken::Kind::kOperator, std::string(1, Peek()));
    ++at_;
  }

  std::string_view sql_;
  SqlDialect dialect_;
  std::size_t at_ = 0;
  std::vector<SqlToken> tokens_;
  std::string why_;
};

}  // namespace

std::vector<SqlToken> TokenizeSql(std::string_view sql, SqlDialect dialect, std::string& why) {
  return Tokenizer(sql, dialect).Run(why);
}

}  // namespace transload
