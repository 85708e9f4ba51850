// What kind of object an entry of pg_dump's archive is, and when its time comes.
#ifndef TRANSLOAD_PIPELINE_ARCHIVE_STAGE_H_
#define TRANSLOAD_PIPELINE_ARCHIVE_STAGE_H_

#include <string>

#include "load/pg_archive.h"

namespace transload {

enum class ArchiveStage {
  kPreData,
  kTable,      // stands on the rows of a table: indexes, keys
  kAfterData,  // foreign keys, triggers, rules, policies
  kRefresh,    // materialised views
  kPrivileges,
  kLast,           // publications, subscriptions
  kEventTriggers,  // which would fire on all else
};

ArchiveStage StageOf(const ArchiveEntry& entry);

// What is no object of its own, or is moved as data.
bool IsNothing(const ArchiveEntry& entry);

// Goes without saying with what it belongs to.
bool GoesAlong(const ArchiveEntry& entry);

// Says something of another object, which alone it belongs to.
bool SaidOfAnother(const ArchiveEntry& entry);

// It is about a schema, which may have stood before, or about what will be granted.
bool ChangesStanding(const ArchiveEntry& entry);

// As the ledger names it: "table", "foreign key".
std::string KindOf(const ArchiveEntry& entry);

// For people.
std::string LabelOf(const ArchiveEntry& entry);

}  // namespace transload

#endif  // TRANSLOAD_PIPELINE_ARCHIVE_STAGE_H_
