#include "extract/where_clause.h"

namespace transload {

std::string WhereClause(const std::vector<std::string>& conditions) {
  std::string clause;
  for (const std::string& condition : conditions) {
    if (condition.empty()) continue;
    // The line end closes a comment that a user's filter may end in.
    clause += (clause.empty() ? " WHERE (" : " AND (") + condition + "\n)";
  }
  return clause;
}

}  // namespace transload
