// The source's catalogue: tables that hold rows, their columns and keys, sequences, and what is
// skipped. Everything else (types, functions, views, constraints, ...) is pg_dump's business.
#ifndef TRANSLOAD_EXTRACT_POSTGRES_CATALOGUE_H_
#define TRANSLOAD_EXTRACT_POSTGRES_CATALOGUE_H_

#include "core/source_schema.h"
#include "extract/postgres/control_connection.h"

namespace transload::postgres {

// SourceTable::engine of a partitioned table whose rows are read, and written, through its root:
// in the target they may belong to other partitions.
inline constexpr char kPartitioned[] = "partitioned";

SourceCatalogue ReadCatalogue(ControlConnection& connection);

}  // namespace transload::postgres

#endif  // TRANSLOAD_EXTRACT_POSTGRES_CATALOGUE_H_
