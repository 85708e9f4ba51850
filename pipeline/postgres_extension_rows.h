// Rows that extensions keep for their users (pg_extension.extconfig): what pg_dump carries of them.
#ifndef TRANSLOAD_PIPELINE_POSTGRES_EXTENSION_ROWS_H_
#define TRANSLOAD_PIPELINE_POSTGRES_EXTENSION_ROWS_H_

#include <set>
#include <string>

#include "pipeline/endpoints.h"
#include "pipeline/object_workers.h"

namespace transload {

// After CREATE EXTENSION has made the tables, before anything that may need the rows. `made`: what
// an earlier start has brought.
void MoveExtensionRows(Endpoints& ends, ObjectWorkers& workers, const std::set<std::string>& made);

}  // namespace transload

#endif  // TRANSLOAD_PIPELINE_POSTGRES_EXTENSION_ROWS_H_
