// What the source's catalogue says of an archive's entries, asked once for all of them.
#ifndef TRANSLOAD_PIPELINE_POSTGRES_CATALOGUE_H_
#define TRANSLOAD_PIPELINE_POSTGRES_CATALOGUE_H_

#include <map>
#include <string>
#include <vector>

#include "core/plan.h"
#include "extract/postgres/postgres_source.h"
#include "load/pg_archive.h"

namespace transload {

// A name that finds the same object in another cluster (pg_get_object_address).
struct ObjectAddress {
  std::string type;
  std::string names;  // text of a text[]
  std::string args;
};
// --include and --exclude may name a partitioned table: its partitions stand for it.
void NamePartitions(postgres::PostgresSource& source, Options& options);

// Schema and name of those that are partitioned, and hold no rows themselves.
std::vector<std::pair<std::string, std::string>> PartitionedTables(
    postgres::PostgresSource& source);

// By the entry's id; nothing for entries that are no object.
std::map<int, ObjectAddress> ReadAddresses(postgres::PostgresSource& source,
                                           const std::vector<ArchiveEntry>& entries);

struct SourceForeignKeyInfo {
  TablePlan table;  // its name only
  ForeignKeyPlan key;
  bool partitioned = false;  // cannot be NOT VALID there
  bool validated = true;
};
// By the constraint's oid.
std::map<std::uint32_t, SourceForeignKeyInfo> ReadForeignKeys(postgres::PostgresSource& source);

}  // namespace transload

#endif  // TRANSLOAD_PIPELINE_POSTGRES_CATALOGUE_H_
