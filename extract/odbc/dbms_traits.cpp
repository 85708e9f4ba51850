#include "extract/odbc/dbms_traits.h"

#include <algorithm>
#include <array>

#include "extract/odbc/driver_quirks.h"

namespace transload::odbc {
namespace {

using Statements = std::string_view;

constexpr std::string_view kLimitOffset = " LIMIT 1 OFFSET {}";

constexpr std::array<Statements, 3> kMySqlSession = {
    "SET SESSION time_zone = '+00:00'",
    "SET SESSION sql_mode = 'NO_BACKSLASH_ESCAPES'",
    "SET SESSION net_write_timeout = 3600",
};
// The wait is short: a waiting lock stalls every writer behind it.
constexpr std::array<Statements, 2> kMySqlLock = {
    "SET SESSION lock_wait_timeout = 3",
    "FLUSH TABLES WITH READ LOCK",
};
constexpr std::array<Statements, 2> kMySqlBegin = {
    "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
    "START TRANSACTION WITH CONSISTENT SNAPSHOT",
};
constexpr std::array<Statements, 1> kMySqlUnlock = {"UNLOCK TABLES"};

constexpr std::array<Statements, 2> kPostgresSession = {
    "SET TimeZone = 'UTC'",
    "SET extra_float_digits = 3",
};
constexpr std::array<Statements, 1> kPostgresBegin = {
    "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY",
};
constexpr std::array<Statements, 1> kPostgresImport = {"SET TRANSACTION SNAPSHOT '{}'"};

constexpr std::array<Statements, 1> kSqliteSession = {"PRAGMA query_only = ON"};
constexpr std::array<Statements, 2> kSqliteBegin = {
    "BEGIN",
    "SELECT count(*) FROM sqlite_master",
};

constexpr DbmsTraits kMySql{
    .name = "my*sql*",
    .text_octets = "OCTET_LENGTH(CONVERT({} USING utf8mb4))",
    .byte_octets = "OCTET_LENGTH({})",
    .one_row_after = kLimitOffset,
    .session = kMySqlSession,
    .lock = kMySqlLock,
    .begin = kMySqlBegin,
    .unlock = kMySqlUnlock,
    .method = "FLUSH TABLES WITH READ LOCK while each reader started its snapshot",
    .position = "SHOW MASTER STATUS",
    .next_auto =
        "SELECT AUTO_INCREMENT FROM information_schema.TABLES WHERE TABLE_SCHEMA = {0} "
        "AND TABLE_NAME = {1}",
};

constexpr DbmsTraits MariaDb() {
  DbmsTraits traits = kMySql;
  traits.name = "mariadb*";
  return traits;
}

constexpr std::array kTraits = {
    MariaDb(),
    kMySql,
    DbmsTraits{
        .name = "postgresql*",
        .text_octets = "OCTET_LENGTH({})",
        .byte_octets = "OCTET_LENGTH({})",
        .one_row_after = kLimitOffset,
        .session = kPostgresSession,
        .manual_commit = true,
        .begin = kPostgresBegin,
        .exported = "SELECT pg_export_snapshot()",
        .import = kPostgresImport,
        .method = "pg_export_snapshot(), imported by every reader",
        .identity = "SELECT system_identifier FROM pg_control_system()",
    },
    DbmsTraits{
        .name = "sqlite*",
        .text_octets = "LENGTH({})",
        .byte_octets = "LENGTH(CAST({} AS BLOB))",
        .one_row_after = kLimitOffset,
        .session = kSqliteSession,
        .begin = kSqliteBegin,
        .commit_counter = "PRAGMA data_version",
        .method = "equal data_version before and after all read transactions began",
        .next_auto = "SELECT seq + 1 FROM sqlite_sequence WHERE name = {1}",
        .integer_key_is_automatic = true,
    },
};
constexpr DbmsTraits kUnknown{.name = "*", .manual_commit = true};

}  // namespace

const DbmsTraits& TraitsOf(std::string_view dbms_name) {
  const std::string name = LowerCase(dbms_name);
  const auto found = std::find_if(kTraits.begin(), kTraits.end(), [&](const DbmsTraits& traits) {
    return Matches(traits.name, name);
  });
  return found == kTraits.end() ? kUnknown : *found;
}

}  // namespace transload::odbc
