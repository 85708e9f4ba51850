// The definitions of a PostgreSQL database as pg_dump tells them, one entry at a time.
//
// pg_dump is the authority for DDL. It writes an archive of the sections pre-data and post-data,
// inside the run's snapshot; pg_restore turns the archive into SQL, from which the entries are cut
// at the headings it writes. Plain pg_dump output is of no use for that: it holds psql's \restrict.
#ifndef TRANSLOAD_LOAD_PG_ARCHIVE_H_
#define TRANSLOAD_LOAD_PG_ARCHIVE_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "load/pg_programs.h"

namespace transload {

struct ArchiveEntry {
  int id = 0;  // pg_dump's own number, good within one archive
  // Where the object stands in the source's catalogue; 0 for what is none (ACL, COMMENT).
  std::uint32_t class_oid = 0;
  std::uint32_t oid = 0;
  bool post_data = false;
  std::string kind;    // "TABLE", "FK CONSTRAINT", ...
  std::string schema;  // empty for what stands in none
  std::string name;    // as pg_dump tags it: "orders orders_pkey" for a constraint
  std::string owner;
  std::vector<int> depends_on;  // ids
  std::string sql;              // without the statement that gives it an owner
  std::string owner_sql;        // that statement, or empty
  // SET statements that hold for it: default_tablespace, default_table_access_method.
  std::string settings_sql;
};

struct ArchiveRequest {
  std::string conninfo;                                              // without secrets
  std::string password;                                              // may be empty
  std::vector<std::pair<std::string, std::string>> secrets;          // others: sslpassword
  std::string snapshot;                                              // empty: one of its own
  std::vector<std::string> left_out;                                 // schemas
  std::vector<std::pair<std::string, std::string>> left_out_tables;  // and sequences: schema, name
  std::uint64_t lock_timeout_ms = 60'000;
  std::uint64_t stall_timeout_ms = 300'000;
};

// Runs pg_dump and pg_restore. Throws with what they said.
std::vector<ArchiveEntry> ReadArchive(const PgPrograms& programs, const ArchiveRequest& request);

// The entries of one section of pg_restore's verbose output. `listing` is pg_restore's table of
// contents: a heading counts only when the listing has an entry with its numbers.
std::vector<ArchiveEntry> ParseArchiveScript(std::string_view script, std::string_view listing,
                                             bool post_data);

}  // namespace transload

#endif  // TRANSLOAD_LOAD_PG_ARCHIVE_H_
