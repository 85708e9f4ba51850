// [[check]]: pairs of the user's queries, one per engine, whose results must be equal row by row.
#ifndef TRANSLOAD_VERIFY_QUERY_CHECKS_H_
#define TRANSLOAD_VERIFY_QUERY_CHECKS_H_

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/options.h"
#include "load/table_reader.h"
#include "verify/report.h"

namespace transload {

using SourceAnswer = std::function<QueryAnswer(const std::string& sql)>;

// Equal texts, or, unless both are `texts` by their types, equal numbers: 1.50 and 1.5, 1e3 and
// 1000. PostgreSQL's t and f stand for 1 and 0 where the other side has a number.
bool SameAnswer(const std::optional<std::string>& source, const std::optional<std::string>& target,
                bool texts = false);

// Adds one ReportCheck per check, and the first rows that differ to the report's differences.
void RunQueryChecks(const std::vector<QueryCheck>& checks, const SourceAnswer& source,
                    TableReader& target, Report& report);

}  // namespace transload

#endif  // TRANSLOAD_VERIFY_QUERY_CHECKS_H_
