// Column defaults and stored expressions, which each server spells in its own way, in one form.
#ifndef TRANSLOAD_EXTRACT_MYSQL_DEFAULT_VALUE_H_
#define TRANSLOAD_EXTRACT_MYSQL_DEFAULT_VALUE_H_

#include <optional>
#include <string>
#include <string_view>

#include "core/source_schema.h"

namespace transload::mysql {

// COLUMN_DEFAULT of MySQL: literals without quotes; an expression when EXTRA says
// DEFAULT_GENERATED (8.0.13), and CURRENT_TIMESTAMP on a temporal column in any version. A NULL
// there means no default, or default NULL, which come to the same.
std::optional<SourceDefault> MySqlDefault(const std::optional<std::string>& text,
                                          const SourceColumn& column, std::string_view extra);
// COLUMN_DEFAULT of MariaDB (10.2.7 and later): literals quoted, expressions and numbers bare, the
// bare word NULL for an explicit default NULL.
std::optional<SourceDefault> MariaDbDefault(const std::optional<std::string>& text,
                                            const SourceColumn& column);

// MySQL stores CHECK_CLAUSE and GENERATION_EXPRESSION with quotes escaped once more and with
// character set introducers: (`a` > _utf8mb4\'x\') becomes (`a` > 'x'). Text without such escapes
// (MariaDB's) keeps everything but its introducers.
std::string PlainExpression(std::string_view stored, bool escaped);

// Text whose UTF-8 was taken for Latin-1 and encoded once more, as it was before; nothing where it
// holds a letter beyond Latin-1, which that does not leave, or none beyond ASCII.
std::optional<std::string> EncodedOnce(std::string_view text);

// The column of a check that says nothing but json_valid(`c`), or empty.
std::string JsonValidColumn(std::string_view expression);

}  // namespace transload::mysql

#endif  // TRANSLOAD_EXTRACT_MYSQL_DEFAULT_VALUE_H_
