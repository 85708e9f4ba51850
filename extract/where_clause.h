// The WHERE of the statements that read a table.
#ifndef TRANSLOAD_EXTRACT_WHERE_CLAUSE_H_
#define TRANSLOAD_EXTRACT_WHERE_CLAUSE_H_

#include <string>
#include <vector>

namespace transload {

// " WHERE (…) AND (…)" of those that are not empty, or nothing. One may be a user's filter.
std::string WhereClause(const std::vector<std::string>& conditions);

}  // namespace transload

#endif  // TRANSLOAD_EXTRACT_WHERE_CLAUSE_H_
