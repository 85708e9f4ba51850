// The words of an expression in MySQL's or SQLite's SQL.
#ifndef TRANSLOAD_MAPPINGS_SQL_TOKENS_H_
#define TRANSLOAD_MAPPINGS_SQL_TOKENS_H_

#include <string>
#include <string_view>
#include <vector>

#include "mappings/sql_expression.h"

namespace transload {

struct SqlToken {
  enum class Kind {
    kEnd,
    kWord,        // text as written; `upper` in upper case
    kQuotedName,  // text without quotes
    kNumber,
    kString,  // text: the value
    kHex,     // text: hex digits
    kBits,    // text: binary digits
    kOperator,
  };
  Kind kind = Kind::kEnd;
  std::string text;
  std::string upper;
};

// Never empty: the last token is kEnd. `why` says what could not be read.
std::vector<SqlToken> TokenizeSql(std::string_view sql, SqlDialect dialect, std::string& why);

}  // namespace transload

#endif  // TRANSLOAD_MAPPINGS_SQL_TOKENS_H_
