// The source's catalogue: tables that hold rows, their columns and keys, sequences, and what is
// skipped. Everything else (types, functions, views, constraints, ...) is pg_dump's business.
#ifndef TRANSLOAD_EXTRACT_POSTGRES_CATALOGUE_H_
#define TRANSLOAD_EXTRACT_POSTGRES_CATALOGUE_H_

#include <string_view>

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

// Why things are listed as not migrated that hang on an extension and were not made with it.
inline constexpr char kBesideExtension[] =
    "not made with the extension, and only what CREATE EXTENSION makes will be there";

// Kind, name, statement (or nothing) of whatever hangs on members of extensions, and whether it was
// added to them as far as this end alone can tell.
std::string_view ExtensionAdditionsSql();

SourceCatalogue ReadCatalogue(ControlConnection& connection);

}  // namespace transload::postgres

#endif  // TRANSLOAD_EXTRACT_POSTGRES_CATALOGUE_H_
