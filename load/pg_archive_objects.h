// Objects made from pg_dump's SQL (SchemaBuilder::CreateFromArchive).
#ifndef TRANSLOAD_LOAD_PG_ARCHIVE_OBJECTS_H_
#define TRANSLOAD_LOAD_PG_ARCHIVE_OBJECTS_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "load/session.h"

namespace transload {

struct ArchiveObject {
  // What the ledger calls it: "table", "foreign key", "comment".
  std::string kind;
  std::string schema;
  std::string name;
  std::string table;  // what it belongs to
  std::string label;  // for people
  std::string settings_sql;
  std::string sql;
  // Finds it in the target's catalogue after it was made, as pg_get_object_address takes it. Type
  // is empty for what cannot be dropped by itself: a comment, a grant.
  std::string address_type;
  std::string address_names;  // text of a text[]
  std::string address_args;
  // Without an address, and refused where it has been made already: a partition that is attached.
  bool made_once = false;
  // An object of this kind that stands already is used as it is, and not recorded.
  std::string exists_sql;
  // Of the definition that the source has, kept beside the object: ArchiveFingerprint.
  std::string fingerprint;
  // It may change a schema that stood before, or what will be granted: undo puts that back.
  bool changes_standing = false;
  // What to do about a failure, or a query that shows the rows at fault.
  std::string hint;
};

// What an object that an archive made has as the detail of its row in the ledger: the catalogue's
// class of objects that it is one of, and the definition's fingerprint, where there is one.
std::string ArchiveDetail(const std::string& class_oid, const std::string& fingerprint = "");
// The fingerprint in a detail; empty where no archive made the object.
std::string ArchiveFingerprint(const std::string& detail);
inline constexpr std::string_view kArchiveMark = "archive class ";  // how a detail begins
inline constexpr std::string_view kArchiveClassPattern = "'archive class ([0-9]+)'";  // in SQL

// What of the things that stood before a statement may change, for undo to put back: schemas and
// default privileges, or privileges on what the run did not make (members of an extension that
// stood, built-in things).
enum class StandingKind { kNone, kSchemas, kMembers };

// Bytes of a large object: hexadecimal, their number, and their sum as both ends compute it.
struct LargeObjectPiece {
  std::string hex;
  std::int64_t bytes = 0;
  std::string md5;
};

// One that is read in one piece. `after`: owner, privileges, comment.
struct SmallLargeObject {
  std::string oid;
  LargeObjectPiece whole;
  std::vector<std::string> after;
};

// What the ledger calls a change to what stood before; the detail is what puts it back.
inline constexpr char kStanding[] = "standing";

// What the ledger calls rows of an extension's table.
inline constexpr char kExtensionRows[] = "extension rows";

// What a table (or a sequence) of an extension holds that is its user's, not the extension's own.
struct ExtensionRows {
  std::string extension, schema, name;
  std::string columns;  // quoted, joined by ", "
  std::string json;     // an array of objects
  std::uint64_t count = 0;
  bool sequence = false;
  std::string last_value;
  bool is_called = false;
};

}  // namespace transload

#endif  // TRANSLOAD_LOAD_PG_ARCHIVE_OBJECTS_H_
