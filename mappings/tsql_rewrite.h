// T-SQL expressions as SQL Server's catalogue prints them, in the MySQL that means the same:
// ([n]>(0)) becomes (`n`>(0)), (N'it''s') becomes ('it''s'), (getdate()) becomes
// (localtimestamp(3)). What has no counterpart is left so that the parser refuses it by name.
#ifndef TRANSLOAD_MAPPINGS_TSQL_REWRITE_H_
#define TRANSLOAD_MAPPINGS_TSQL_REWRITE_H_

#include <string>
#include <string_view>

namespace transload {

std::string RewriteTSql(std::string_view sql);

}  // namespace transload

#endif  // TRANSLOAD_MAPPINGS_TSQL_REWRITE_H_
