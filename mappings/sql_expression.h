// Expressions in the source's SQL as a tree: the subset of MySQL's and SQLite's language that
// CHECKs, generated columns, index expressions and defaults are written in.
//
//   or      := xor (OR xor)*                 MySQL's || is OR as well, SQLite's is concatenation
//   xor     := and (XOR and)*
//   and     := not (AND not)*
//   not     := NOT not | predicate
//   predicate := bits [IS [NOT] (NULL|TRUE|FALSE) | [NOT] BETWEEN … AND … | [NOT] IN (…)
//                | [NOT] (LIKE|REGEXP|RLIKE) bits [ESCAPE '…']] | bits (= <> < > …) bits
//   bits    := sum ((& | '|' | << | >>) sum)*
//   sum     := product ((+ | -) product)*
//   product := unary ((* | / | % | DIV | MOD) unary)*
//   unary   := (- | + | ! | ~) unary | concat ;  concat := primary (|| primary)* in SQLite
//   primary := literal | column | function(…) | CASE … END | CAST(… AS type) | ( or )
//   A row, ( or , or … ), is compared with rows alone, and taken apart into what that means.
#ifndef TRANSLOAD_MAPPINGS_SQL_EXPRESSION_H_
#define TRANSLOAD_MAPPINGS_SQL_EXPRESSION_H_

#include <string>
#include <string_view>
#include <vector>

namespace transload {

// T-SQL is read after a rewrite into the MySQL of its meaning (mappings/tsql_rewrite.h).
enum class SqlDialect { kMySql, kSqlite, kTSql };

struct SqlNode {
  enum class Kind {
    kColumn,  // text: the name
    kNumber,  // text: the digits
    kString,  // text: the value
    kBytes,   // text: hex digits
    kBits,    // text: binary digits
    kMoment,  // DATE'…', TIME'…', TIMESTAMP'…'; text: the type, lower case; the text
    kNull,
    kTrue,
    kFalse,
    kUnary,    // text: the operator; one operand
    kBinary,   // text: the operator in its common spelling ("<>", "AND", "||"); two operands
    kCall,     // text: the function, lower case
    kIn,       // the value, then the list
    kBetween,  // value, lowest, highest
    kIs,       // text: "NULL", "TRUE", "FALSE"; one operand
    kLike,     // value, pattern
    kRegexp,   // value, pattern
    kCase,     // text: "operand" when one comes first; WHEN, THEN pairs, then ELSE if any
    kCast,     // text: the type, lower case; one operand
    kRow,      // its values
  };
  Kind kind = Kind::kNull;
  std::string text;
  std::vector<SqlNode> args;
  bool negated = false;  // NOT IN, NOT LIKE, IS NOT, ...
};

struct ParsedSql {
  SqlNode node;
  std::string why;  // what could not be read; empty when all was
  bool ok() const { return why.empty(); }
};

ParsedSql ParseSql(std::string_view sql, SqlDialect dialect);

}  // namespace transload

#endif  // TRANSLOAD_MAPPINGS_SQL_EXPRESSION_H_
