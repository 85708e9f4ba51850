// Takes back what was made from pg_dump's SQL (pg_archive_objects.h), for undo.
#ifndef TRANSLOAD_LOAD_PG_ARCHIVE_UNDO_H_
#define TRANSLOAD_LOAD_PG_ARCHIVE_UNDO_H_

#include <functional>
#include <string>
#include <vector>

#include "load/session.h"

namespace transload {

struct ArchiveUndo {
  std::vector<std::string> dropped;
  std::vector<std::string> in_the_way;
};
// `try_exec` runs a statement and returns the server's words when it fails.
ArchiveUndo UndoArchiveObjects(
    SqlTransaction& transaction, const std::string& quoted_ledger, const std::string& run_id,
    const std::function<std::string(const std::string& statement)>& try_exec);

}  // namespace transload

#endif  // TRANSLOAD_LOAD_PG_ARCHIVE_UNDO_H_
