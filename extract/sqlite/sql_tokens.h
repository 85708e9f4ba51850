// SQLite's SQL cut into tokens, as far as the texts in sqlite_schema need it.
// https://www.sqlite.org/lang.html; comments and white space are left out.
#ifndef TRANSLOAD_EXTRACT_SQLITE_SQL_TOKENS_H_
#define TRANSLOAD_EXTRACT_SQLITE_SQL_TOKENS_H_

#include <string>
#include <string_view>
#include <vector>

namespace transload::sqlite {

struct SqlToken {
  enum class Kind {
    kWord,    // a keyword or a name without quotes
    kName,    // "name", [name] or `name`
    kString,  // 'text'
    kBlob,    // x'00ff'
    kNumber,
    kSymbol,  // one character, or an operator of two
  };
  Kind kind = Kind::kSymbol;
  std::string_view raw;  // as written, in the text that was cut
  std::string value;     // names and strings without their quotes, else as written

  // A keyword is only one without quotes; case does not matter.
  bool Is(std::string_view keyword) const;
  bool IsSymbol(std::string_view symbol) const { return kind == Kind::kSymbol && raw == symbol; }
  bool CanName() const {
    return kind == Kind::kWord || kind == Kind::kName || kind == Kind::kString;
  }
};

// `sql` must outlive the tokens. An unclosed quote runs to the end of the text.
std::vector<SqlToken> CutTokens(std::string_view sql);

}  // namespace transload::sqlite

#endif  // TRANSLOAD_EXTRACT_SQLITE_SQL_TOKENS_H_
