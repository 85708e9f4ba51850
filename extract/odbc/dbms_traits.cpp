#include "extract/odbc/dbms_traits.h"

#include <algorithm>
#include <array>

#include "core/ascii.h"
#include "core/glob.h"
#include "extract/mysql/charset.h"
#include "extract/mysql/default_value.h"
#include "extract/mysql/storage_engine.h"

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

// TEXTSIZE: FreeTDS's default cuts long values. Limits are long, not endless.
constexpr std::array<Statements, 8> kSqlServerSession = {
    "SET TEXTSIZE 2147483647",  "SET ROWCOUNT 0",          "SET LOCK_TIMEOUT 3600000",
    "SET DATEFORMAT ymd",       "SET LANGUAGE us_english", "SET ANSI_PADDING ON",
    "SET QUOTED_IDENTIFIER ON", "SET NOCOUNT ON",
};
// Shared locks on all tables: no writer commits while the readers make their first read.
constexpr std::array<Statements, 2> kSqlServerLock = {
    "SET LOCK_TIMEOUT 3000",
    "BEGIN TRANSACTION",
};
constexpr std::array<Statements, 2> kSqlServerBegin = {
    "SET TRANSACTION ISOLATION LEVEL SNAPSHOT",
    "BEGIN TRANSACTION",
};
constexpr std::array<Statements, 2> kSqlServerUnlock = {
    "ROLLBACK TRANSACTION",
    "SET LOCK_TIMEOUT 3600000",
};

// The binary log leaves databases out.
constexpr std::array<std::string_view, 2> kMySqlPositionFilters = {"binlog_do_db",
                                                                   "binlog_ignore_db"};

// odbc-mariadb numbers the parts of a primary key in the order of the table.
constexpr std::string_view kMySqlPrimaryKey =
    "SELECT NULL, NULL, TABLE_NAME, COLUMN_NAME, SEQ_IN_INDEX, INDEX_NAME FROM "
    "information_schema.STATISTICS WHERE TABLE_SCHEMA = {0} AND TABLE_NAME = {1} AND INDEX_NAME = "
    "'PRIMARY' ORDER BY SEQ_IN_INDEX";
// It lets any timestamp be NULL, gives MySQL's defaults quotes whatever they are, and reads a
// vector of MySQL, and the columns behind it, as anything.
constexpr std::string_view kMySqlColumns =
    "SELECT COLUMN_NAME, IS_NULLABLE, COLUMN_DEFAULT, IF(DATA_TYPE IN ('datetime', 'timestamp') "
    "AND "
    "COLUMN_DEFAULT LIKE 'CURRENT_TIMESTAMP%', 'DEFAULT_GENERATED', EXTRA), IF(DATA_TYPE = "
    "'vector', 'CAST({{}} AS BINARY)', NULL) FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = "
    "{0} AND TABLE_NAME = {1}";
std::optional<SourceDefault> MariaDbDefault(const std::optional<std::string>& text,
                                            const SourceColumn& column, std::string_view) {
  return mysql::MariaDbDefault(text, column);
}

// odbc-mariadb lists none that refers to columns without a unique key. Numbers are ODBC's: of what
// happens (SQL_CASCADE, ...), and 7 for SQL_NOT_DEFERRABLE.
constexpr std::string_view kMySqlForeignKeys =
    "SELECT k.REFERENCED_TABLE_SCHEMA, NULL, k.REFERENCED_TABLE_NAME, k.REFERENCED_COLUMN_NAME, "
    "k.TABLE_SCHEMA, NULL, k.TABLE_NAME, k.COLUMN_NAME, k.ORDINAL_POSITION, "
    "CASE r.UPDATE_RULE WHEN 'CASCADE' THEN 0 WHEN 'RESTRICT' THEN 1 WHEN 'SET NULL' THEN 2 "
    "WHEN 'SET DEFAULT' THEN 4 ELSE 3 END, "
    "CASE r.DELETE_RULE WHEN 'CASCADE' THEN 0 WHEN 'RESTRICT' THEN 1 WHEN 'SET NULL' THEN 2 "
    "WHEN 'SET DEFAULT' THEN 4 ELSE 3 END, k.CONSTRAINT_NAME, NULL, 7 "
    "FROM information_schema.KEY_COLUMN_USAGE k JOIN "
    "information_schema.REFERENTIAL_CONSTRAINTS r ON r.CONSTRAINT_SCHEMA = k.CONSTRAINT_SCHEMA AND "
    "r.CONSTRAINT_NAME = k.CONSTRAINT_NAME AND r.TABLE_NAME = k.TABLE_NAME WHERE k.TABLE_SCHEMA = "
    "{0} AND k.TABLE_NAME = {1} AND k.REFERENCED_TABLE_NAME IS NOT NULL ORDER BY "
    "k.CONSTRAINT_NAME, k.ORDINAL_POSITION";

// As JSON, because PostgreSQL before version 10 knows no partitions.
constexpr std::string_view kPostgresNestedTables =
    "SELECT n.nspname, c.relname, pn.nspname || '.' || p.relname, CASE WHEN row_to_json(c)::text "
    "LIKE '%\"relispartition\":true%' THEN 'partition' ELSE '' END FROM pg_catalog.pg_inherits i "
    "JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid JOIN pg_catalog.pg_namespace n ON n.oid = "
    "c.relnamespace JOIN pg_catalog.pg_class p ON p.oid = i.inhparent JOIN "
    "pg_catalog.pg_namespace pn ON pn.oid = p.relnamespace WHERE c.relkind IN ('r', 'p') "
    "ORDER BY 1, 2, 3";

// sqliteodbc tells the parts in the order of the table, and where there is no primary key calls a
// unique constraint one, whose columns may be NULL.
constexpr std::string_view kSqlitePrimaryKey =
    "SELECT NULL, NULL, {1}, name, pk, NULL FROM pragma_table_info({1}) WHERE pk > 0 ORDER BY pk";
// And it takes an index of some rows, which may be unique among these alone, for one of all. A key
// that is the rowid has no index: it is told of as if it had, lest another be taken for its own.
constexpr std::string_view kSqliteStatistics =
    "SELECT NULL, NULL, {1}, 1 - l.\"unique\", NULL, l.name, 3, x.seqno + 1, x.name, CASE "
    "x.\"desc\" WHEN 1 THEN 'D' ELSE 'A' END, NULL, NULL, CASE l.partial WHEN 1 THEN 'WHERE' END, "
    "l.seq "
    "FROM pragma_index_list({1}) AS l, pragma_index_xinfo(l.name) AS x WHERE x.key = 1 UNION ALL "
    "SELECT NULL, NULL, {1}, 0, NULL, 'PRIMARY', 3, 1, name, 'A', NULL, NULL, NULL, -1 FROM "
    "pragma_table_info({1}) WHERE pk > 0 AND NOT EXISTS (SELECT 1 FROM pragma_index_list({1}) "
    "WHERE origin = 'pk') ORDER BY 14 DESC, 8";
// The rowid under another name: SQLite makes an index for any other primary key, whose column may
// hold NULL, text and whatever else, also where it is declared an integer.
constexpr std::string_view kSqliteAutomaticColumn =
    "SELECT name FROM pragma_table_info({1}) WHERE pk > 0 AND NOT EXISTS (SELECT 1 FROM "
    "pragma_index_list({1}) WHERE origin = 'pk')";

constexpr DbmsTraits kMySql{
    .name = "my*sql*",
    .text_octets = "OCTET_LENGTH(CONVERT({} USING utf8mb4))",
    .byte_octets = "OCTET_LENGTH({})",
    .one_row_after = kLimitOffset,
    .whole_date = "NULLIF({}+0, 0)",
    .typed_keys = true,
    .primary_key = kMySqlPrimaryKey,
    .foreign_keys = kMySqlForeignKeys,
    .columns = kMySqlColumns,
    .column_default = mysql::MySqlDefault,
    .engines =
        "SELECT TABLE_NAME, ENGINE, TABLE_COMMENT FROM information_schema.TABLES WHERE "
        "TABLE_SCHEMA = DATABASE() AND TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED') "
        "ORDER BY TABLE_NAME",
    .transactional = mysql::IsTransactional,
    .engine_refusal = mysql::EngineRefusal,
    .session = kMySqlSession,
    .lock = kMySqlLock,
    .begin = kMySqlBegin,
    .unlock = kMySqlUnlock,
    .method = "FLUSH TABLES WITH READ LOCK while each reader started its snapshot",
    .position = "SHOW MASTER STATUS",
    .passed_by = "SHOW SLAVE STATUS",
    .position_filters = kMySqlPositionFilters,
    .next_auto =
        "SELECT AUTO_INCREMENT FROM information_schema.TABLES WHERE TABLE_SCHEMA = {0} "
        "AND TABLE_NAME = {1}",
    .charsets =
        "SELECT COLUMN_NAME, CHARACTER_SET_NAME FROM information_schema.COLUMNS WHERE "
        "TABLE_SCHEMA = {0} AND TABLE_NAME = {1} AND CHARACTER_SET_NAME IS NOT NULL",
    .comes_back_the_same = mysql::ComesBackTheSame,
    .marked_text = mysql::MarkedUtf8Sql,
};

constexpr DbmsTraits MariaDb() {
  DbmsTraits traits = kMySql;
  traits.name = "mariadb*";
  traits.column_default = MariaDbDefault;
  traits.passed_by = "SHOW ALL SLAVES STATUS";  // the other shows the connection without a name
  return traits;
}

constexpr std::array kTraits = {
    MariaDb(),
    kMySql,
    DbmsTraits{
        .name = "postgresql*",
        .text_octets = "OCTET_LENGTH(CAST({} AS text))",
        .byte_octets = "OCTET_LENGTH({})",
        .one_row_after = kLimitOffset,
        .typed_keys = true,
        .nested_tables = kPostgresNestedTables,
        .session = kPostgresSession,
        .manual_commit = true,
        .begin = kPostgresBegin,
        .exported = "SELECT pg_export_snapshot()",
        .import = kPostgresImport,
        .method = "pg_export_snapshot(), imported by every reader",
        .identity = "SELECT system_identifier FROM pg_control_system()",
    },
    DbmsTraits{
        .name = "microsoft sql server*",
        .text_octets = "DATALENGTH({})",
        .byte_octets = "DATALENGTH({})",
        .one_row_after = " OFFSET {} ROWS FETCH NEXT 1 ROWS ONLY",
        .count = "COUNT_BIG(*)",
        .typed_keys = true,
        .text_prefix = "N",
        .session = kSqlServerSession,
        .lock = kSqlServerLock,
        .begin = kSqlServerBegin,
        .unlock = kSqlServerUnlock,
        .lock_table = "SELECT TOP 0 1 FROM {} WITH (TABLOCK, HOLDLOCK)",
        .first_read = "SELECT TOP 1 1 FROM {}",
        .readiness = "SELECT CASE WHEN source_database_id IS NOT NULL OR is_read_only = 1 THEN "
                     "'still' WHEN snapshot_isolation_state = 1 THEN 'moving' ELSE 'allow it with "
                     "ALTER DATABASE ... SET ALLOW_SNAPSHOT_ISOLATION ON, or read a database "
                     "snapshot' END FROM sys.databases WHERE database_id = DB_ID()",
        .method = "SNAPSHOT isolation, begun by every reader under shared table locks",
        .identity = "SELECT CONVERT(varchar(36), service_broker_guid) FROM sys.databases WHERE "
                    "database_id = DB_ID()",
        .sql_server = true,
    },
    DbmsTraits{
        .name = "sqlite*",
        .text_octets = "LENGTH({})",
        .byte_octets = "LENGTH(CAST({} AS BLOB))",
        .one_row_after = kLimitOffset,
        .other_class = "typeof({}) <> 'integer'",
        .primary_key = kSqlitePrimaryKey,
        .statistics = kSqliteStatistics,
        .session = kSqliteSession,
        .begin = kSqliteBegin,
        .commit_counter = "PRAGMA data_version",
        .method = "equal data_version before and after all read transactions began",
        .next_auto = "SELECT seq + 1 FROM sqlite_sequence WHERE name = {1}",
        .automatic_column = kSqliteAutomaticColumn,
    },
};
constexpr DbmsTraits kUnknown{.name = "", .manual_commit = true};

}  // namespace

const DbmsTraits& TraitsOf(std::string_view dbms_name) {
  const std::string name = LowerAscii(dbms_name);
  const auto found = std::find_if(kTraits.begin(), kTraits.end(), [&](const DbmsTraits& traits) {
    return GlobMatches(traits.name, name);
  });
  return found == kTraits.end() ? kUnknown : *found;
}

}  // namespace transload::odbc
