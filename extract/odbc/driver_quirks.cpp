#include "extract/odbc/driver_quirks.h"

#include <algorithm>
#include <array>

#include "core/ascii.h"
#include "core/glob.h"

namespace transload::odbc {
namespace {

// --- MariaDB Connector/ODBC 3.1: fetching a zero date as SQL_TIMESTAMP_STRUCT yields NULL without
// a word, so that dates come as text; an array of SQL_C_FLOAT is filled as if it were of doubles;
// SQL_C_BIT leaves its indicator untouched. The options ask it
// not to keep results (1048576: don't cache, 2097152: forward cursors); 3.1.15 keeps them anyway.
constexpr std::array kMariaDbAttributes = {
    Attribute{"OPTION", "3145728", true},
    Attribute{"CHARSET", "utf8mb4"},
};
constexpr std::array kMariaDbSelect = {
    SelectRule{"bit*", "bit", "{}+0", CellFormat::kUnsigned, "bit"},
    SelectRule{"*", "real", "", CellFormat::kFloat64},
    SelectRule{"uuid", "*", "CAST({} AS CHAR(36))", CellFormat::kText, "guid"},
    SelectRule{"inet*", "*", "CAST({} AS CHAR(45))", CellFormat::kText, "inet"},
    SelectRule{"timestamp*", "timestamp", "CONCAT({}, '+00:00')", CellFormat::kText, "timestamptz"},
    SelectRule{"*", "date", "", CellFormat::kText},
    SelectRule{"*", "timestamp", "", CellFormat::kText},
};

// --- psqlodbc: infinity becomes today's date or the year 9999, and years before Christ lose their
// sign, unless the server makes the text. Without declared cursors it reads whole results. Protocol
// 7.4-0: no savepoint around each statement, inside which no snapshot can be imported.
constexpr std::array kPostgresAttributes = {
    Attribute{"UseDeclareFetch", "1"},       Attribute{"Fetch", "5000"},
    Attribute{"BoolsAsChar", "0"},           Attribute{"TextAsLongVarchar", "1"},
    Attribute{"UnknownsAsLongVarchar", "1"}, Attribute{"MaxVarcharSize", "8190"},
    Attribute{"MaxLongVarcharSize", "0"},    Attribute{"ByteaAsLongVarBinary", "1"},
    Attribute{"Protocol", "7.4-0"},
};
constexpr std::array kPostgresSelect = {
    SelectRule{"timestamptz", "*", "CAST({} AS varchar(64))", CellFormat::kText, "timestamptz"},
    SelectRule{"timestamp*", "*", "CAST({} AS varchar(64))", CellFormat::kText, "timestamp"},
    SelectRule{"date", "*", "CAST({} AS varchar(64))", CellFormat::kText, "date"},
    SelectRule{"timetz", "*", "CAST({} AS text)", CellFormat::kText, "longvarchar"},
    SelectRule{"time", "*", "CAST({} AS varchar(64))", CellFormat::kText, "time"},
    SelectRule{"bool", "*", "CAST({} AS integer)", CellFormat::kSigned, "bit"},
    SelectRule{"jsonb", "*", "CAST({} AS text)", CellFormat::kText, "jsonb"},
    SelectRule{"json", "*", "CAST({} AS text)", CellFormat::kText, "json"},
    SelectRule{"interval*", "*", "CAST({} AS text)", CellFormat::kText, "longvarchar"},
    // A double, whose 53 bits are too few for all cents.
    SelectRule{"money", "*", "CAST(CAST({} AS numeric) AS varchar(64))", CellFormat::kDecimal,
               "money"},
    // Described as integers, whose upper half they would not fit.
    SelectRule{"oid", "*", "", CellFormat::kSigned, "bigint"},
    SelectRule{"xid", "*", "", CellFormat::kSigned, "bigint"},
    // Described four bits shorter than it is.
    SelectRule{"varbit", "*", "CAST({} AS text)", CellFormat::kText, "longvarchar"},
};

// --- sqliteodbc: text ends at U+0000, REAL loses its last bits, a text in a number's column reads
// as 0, and declared lengths mean nothing. Values made into blobs by SQLite itself come through.
constexpr std::array kSqliteAttributes = {
    Attribute{"StepAPI", "1"},
    Attribute{"NoCreat", "1"},
};
constexpr std::string_view kSqliteReal =
    "CAST(CASE typeof({}) WHEN 'real' THEN printf('%!.17g', {}) ELSE {} END AS BLOB)";
constexpr std::array kSqliteSelect = {
    SelectRule{"*blob*", "*", "", CellFormat::kBytes, "longvarbinary"},
    SelectRule{"*", "*binary", "", CellFormat::kBytes, "longvarbinary"},
    SelectRule{"*int*", "*", "CAST({} AS BLOB)", CellFormat::kText, "bigint"},
    SelectRule{"*", "double", kSqliteReal, CellFormat::kText, "double"},
    SelectRule{"*", "float", kSqliteReal, CellFormat::kText, "double"},
    SelectRule{"*", "real", kSqliteReal, CellFormat::kText, "double"},
    SelectRule{"*", "numeric", kSqliteReal, CellFormat::kText},
    SelectRule{"*", "decimal", kSqliteReal, CellFormat::kText},
    SelectRule{"*", "*", "CAST({} AS BLOB)", CellFormat::kText},
};

// --- Microsoft's driver: numbers and dates as text must not follow the client's locale, and bulk
// readers need no second result on their connection.
constexpr std::array kMicrosoftAttributes = {
    Attribute{"Regional", "No"},
    Attribute{"MARS_Connection", "no"},
};
// --- FreeTDS: without the version date and time types arrive as text, and the character set is the
// locale's.
constexpr std::array kFreeTdsAttributes = {
    Attribute{"TDS_Version", "7.4"},
    Attribute{"ClientCharset", "UTF-8"},
};

constexpr std::array kQuirks = {
    DriverQuirks{.name = "MariaDB Connector/ODBC",
                 .file = "*maodbc*",
                 .attributes = kMariaDbAttributes,
                 .text = TextAs::kNarrow,
                 .bytes_as_text = true,
                 .buffers_result = true,
                 .select = kMariaDbSelect,
                 .tried = "3.1.15 with MariaDB 10.11: conformance suite, in every build"},
    DriverQuirks{.name = "psqlodbc",
                 .file = "*psqlodbc*",
                 .attributes = kPostgresAttributes,
                 .text = TextAs::kNarrow,
                 .unlimited_varchar = 8190,
                 .unconstrained = UnconstrainedNumeric{28, 6},
                 .select = kPostgresSelect,
                 .tried = "13.02 (Unicode) with PostgreSQL 15: conformance suite, in every build"},
    DriverQuirks{.name = "sqliteodbc",
                 .file = "*sqlite3odbc*",
                 .attributes = kSqliteAttributes,
                 .text = TextAs::kBinary,
                 .sizes_hold = false,
                 .select = kSqliteSelect,
                 .tried = "0.9998 with SQLite 3.40: conformance suite, in every build"},
    DriverQuirks{.name = "Microsoft ODBC Driver for SQL Server",
                 .file = "*msodbcsql*",
                 .attributes = kMicrosoftAttributes,
                 .text = TextAs::kWide,
                 .tried = "no server here: recorded buffers only (docs/sqlserver.md)"},
    DriverQuirks{.name = "FreeTDS",
                 .file = "*tdsodbc*",
                 .attributes = kFreeTdsAttributes,
                 .text = TextAs::kWide,
                 .tried = "1.3.17: connection errors only, in every build (docs/sqlserver.md)"},
};
constexpr DriverQuirks kUnknownDriver{
    .name = "", .file = "*", .tried = "never; treated by the ODBC standard"};

}  // namespace

const DriverQuirks& QuirksOf(std::string_view driver_file) {
  const std::string name = LowerAscii(driver_file);
  const auto found = std::find_if(kQuirks.begin(), kQuirks.end(), [&](const DriverQuirks& quirks) {
    return GlobMatches(quirks.file, name);
  });
  return found == kQuirks.end() ? kUnknownDriver : *found;
}

}  // namespace transload::odbc
