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

// The schemas that hold a ledger of transload, from a run that once filled the source: no data of
// the user's. Told by their tables, for the schema may have any name (sql/source_tables.sql knows
// them the same way).
inline constexpr char kLedgerSchemas[] =
    "select n.nspname from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = "
    "c.relnamespace where c.relkind = 'r' and c.relname in ('version', 'run', 'table', "
    "'partition', 'lane', 'reject', 'coercion', 'object') group by n.nspname having count(*) = 8";

SourceCatalogue ReadCatalogue(ControlConnection& connection);

}  // namespace transload::postgres

#endif  // TRANSLOAD_EXTRACT_POSTGRES_CATALOGUE_H_
