#include "mappings/tsql_rewrite.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>
#include <vector>

#include "core/ascii.h"
#include "core/digits.h"

namespace transload {
namespace {

enum class TsqlKind { kWord, kName, kString, kNumber, kSymbol };

struct TsqlToken {
  TsqlKind kind;
  std::string text;  // of names and strings: without their quotes
};

bool IsTsqlWord(char c) {
  return IsLetter(c) || IsDigit(c) || c == '_' || c == '@' || c == '#' || c == '$' ||
         static_cast<unsigned char>(c) >= 0x80;
}

// Up to the closing character; doubled, it stands for itself. Moves `at` behind it.
std::string Delimited(std::string_view sql, std::size_t& at, char close) {
  std::string text;
  while (at < sql.size()) {
    if (sql[at] == close) {
      if (at + 1 >= sql.size() || sql[at + 1] != close) break;
      ++at;
    }
    text += sql[at++];
  }
  ++at;
  return text;
}

std::vector<TsqlToken> Tokens(std::string_view sql) {
  std::vector<TsqlToken> tokens;
  for (std::size_t at = 0; at < sql.size();) {
    const char c = sql[at];
    const bool national = (c == 'N' || c == 'n') && at + 1 < sql.size() && sql[at + 1] == '\'';
    if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
      ++at;
    } else if (c == '\'' || national) {
      at += national ? 2 : 1;
      tokens.push_back({TsqlKind::kString, Delimited(sql, at, '\'')});
    } else if (c == '[' || c == '"') {
      ++at;
      tokens.push_back({TsqlKind::kName, Delimited(sql, at, c == '[' ? ']' : '"')});
    } else if (c >= '0' && c <= '9') {
      const std::size_t start = at;
      while (at < sql.size() && (IsTsqlWord(sql[at]) || sql[at] == '.')) ++at;
      tokens.push_back({TsqlKind::kNumber, std::string(sql.substr(start, at - start))});
    } else if (IsTsqlWord(c)) {
      const std::size_t start = at;
      while (at < sql.size() && IsTsqlWord(sql[at])) ++at;
      tokens.push_back({TsqlKind::kWord, LowerAscii(sql.substr(start, at - start))});
    } else {
      tokens.push_back({TsqlKind::kSymbol, std::string(1, c)});
      ++at;
    }
  }
  return tokens;
}

// Functions of no argument. The digits are what SQL Server's own types keep.
constexpr std::array<std::pair<std::string_view, std::string_view>, 9> kNullary = {{
    {"getdate", "localtimestamp(3)"},
    {"current_timestamp", "localtimestamp(3)"},
    {"sysdatetime", "localtimestamp(6)"},
    {"sysdatetimeoffset", "localtimestamp(6)"},
    {"getutcdate", "utc_timestamp(3)"},
    {"sysutcdatetime", "utc_timestamp(6)"},
    {"newid", "uuid()"},
    {"newsequentialid", "uuid()"},
    {"rand", "rand()"},
}};
// Functions that only have another name.
constexpr std::array<std::pair<std::string_view, std::string_view>, 2> kRenamed = {{
    {"isnull", "ifnull"},
    {"ceiling", "ceil"},
}};

class Rewriter {
 public:
  explicit Rewriter(std::vector<TsqlToken> tokens) : tokens_(std::move(tokens)) {}

  std::string Run() {
    while (at_ < tokens_.size()) One();
    return out_;
  }

 private:
  const TsqlToken* Peek(std::size_t ahead) const {
    return at_ + ahead < tokens_.size() ? &tokens_[at_ + ahead] : nullptr;
  }
  bool IsSymbol(std::size_t ahead, char c) const {
    const TsqlToken* token = Peek(ahead);
    return token != nullptr && token->kind == TsqlKind::kSymbol && token->text[0] == c;
  }
  void Put(std::string_view text) {
    const bool apart =
        !out_.empty() && !text.empty() && IsTsqlWord(out_.back()) && IsTsqlWord(text[0]);
    if (apart) out_ += ' ';
    out_ += text;
  }

  // One token, or a construct of several.
  void One() {
    const TsqlToken& token = tokens_[at_];
    switch (token.kind) {
      case TsqlKind::kString:
        PutString(token.text);
        break;
      case TsqlKind::kName:
        PutName(token.text);
        break;
      case TsqlKind::kWord:
        if (Word(token.text)) return;
        break;
      case TsqlKind::kNumber:
        // 0x01ff is bytes, in both languages.
        Put(token.text);
        break;
      case TsqlKind::kSymbol:
        Put(token.text);
        break;
    }
    ++at_;
  }

  void PutString(const std::string& text) {
    // A class of characters, which LIKE knows in T-SQL only, and a trailing escape of it.
    if (after_like_ && text.find_first_of("[]^") != std::string::npos) Put("like_with_brackets!");
    after_like_ = false;
    std::string quoted = "'";
    for (const char c : text) {
      quoted += c;
      if (c == '\'' || c == '\\') quoted += c;
    }
    Put(quoted + "'");
  }
  void PutName(const std::string& text) {
    std::string quoted = "`";
    for (const char c : text) {
      quoted += c;
      if (c == '`') quoted += c;
    }
    Put(quoted + "`");
  }

  // True when the tokens of a construct were consumed.
  bool Word(const std::string& word) {
    after_like_ = word == "like";
    const bool nullary_call = IsSymbol(1, '(') && IsSymbol(2, ')');
    for (const auto& [from, to] : kNullary) {
      if (word != from || (!nullary_call && word != "current_timestamp")) continue;
      Put(to);
      at_ += nullary_call ? 3 : 1;
      return true;
    }
    if ((word == "convert" || word == "cast") && IsSymbol(1, '(')) return Conversion(word);
    if (word == "len" && IsSymbol(1, '(')) {
      // LEN does not count trailing blanks.
      const std::size_t end = Closing(at_ + 1);
      if (end >= tokens_.size()) return false;
      Rewriter inner({tokens_.begin() + static_cast<std::ptrdiff_t>(at_) + 2,
                      tokens_.begin() + static_cast<std::ptrdiff_t>(end)});
      Put("char_length(rtrim(" + inner.Run() + "))");
      at_ = end + 1;
      return true;
    }
    for (const auto& [from, to] : kRenamed) {
      if (word == from && IsSymbol(1, '(')) {
        Put(to);
        ++at_;
        return true;
      }
    }
    Put(word);
    ++at_;
    return true;
  }

  // The place of the parenthesis that closes the one at `open`.
  std::size_t Closing(std::size_t open) const {
    int depth = 0;
    for (std::size_t i = open; i < tokens_.size(); ++i) {
      if (tokens_[i].kind != TsqlKind::kSymbol) continue;
      if (tokens_[i].text == "(") ++depth;
      if (tokens_[i].text == ")" && --depth == 0) return i;
    }
    return tokens_.size();
  }

  // CONVERT([type],literal) and CAST(literal AS type) of a literal are the literal: the column it
  // goes to has the type. Any other conversion is refused under its own name.
  bool Conversion(const std::string& word) {
    const std::size_t end = Closing(at_ + 1);
    if (end >= tokens_.size()) return false;
    const auto first = tokens_.begin() + static_cast<std::ptrdiff_t>(at_) + 2;
    const auto last = tokens_.begin() + static_cast<std::ptrdiff_t>(end);
    std::vector<TsqlToken> value(first, last);
    if (word == "convert") {
      // The first comma outside of the type's own parentheses.
      int depth = 0;
      const auto comma = std::find_if(value.begin(), value.end(), [&](const TsqlToken& token) {
        if (token.kind != TsqlKind::kSymbol) return false;
        if (token.text == "(") ++depth;
        if (token.text == ")") --depth;
        return token.text == "," && depth == 0;
      });
      if (comma == value.end()) return false;
      value.erase(value.begin(), comma + 1);
    } else {
      const auto as = std::find_if(value.begin(), value.end(), [](const TsqlToken& token) {
        return token.kind == TsqlKind::kWord && token.text == "as";
      });
      value.erase(as, value.end());
    }
    const bool literal = std::all_of(value.begin(), value.end(), [](const TsqlToken& token) {
      return token.kind == TsqlKind::kNumber || token.kind == TsqlKind::kString ||
             (token.kind == TsqlKind::kSymbol &&
              (token.text == "(" || token.text == ")" || token.text == "-" || token.text == "+"));
    });
    if (!literal) {
      Put("tsql_" + word + "()");
    } else {
      Put("(" + Rewriter(value).Run() + ")");
    }
    at_ = end + 1;
    return true;
  }

  std::vector<TsqlToken> tokens_;
  std::size_t at_ = 0;
  bool after_like_ = false;
  std::string out_;
};

}  // namespace

std::string RewriteTSql(std::string_view sql) { return Rewriter(Tokens(sql)).Run(); }

}  // namespace transload
