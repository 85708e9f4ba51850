// The plan of a PostgreSQL source: everything as it is.
//
// Definitions are pg_dump's business (load/pg_archive.h), so that a plan holds the tables whose
// rows are to be moved, the columns that are copied, and the key that names a row; no object.
#ifndef TRANSLOAD_MAPPINGS_POSTGRES_PLAN_H_
#define TRANSLOAD_MAPPINGS_POSTGRES_PLAN_H_

#include <string_view>

#include "mappings/planner.h"

namespace transload {

// SourceInfo::rules of a PostgreSQL source.
inline constexpr std::string_view kPostgresRules = "postgres";

// Throws usage errors for options that would need other definitions than the source's.
MigrationPlan PlanPostgres(const PlanRequest& request);

}  // namespace transload

#endif  // TRANSLOAD_MAPPINGS_POSTGRES_PLAN_H_
