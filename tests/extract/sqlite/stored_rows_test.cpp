// Rows read from the file's pages are those that SQLite's own engine gives, of every shape of file.
#include "extract/sqlite/stored_rows.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <optional>
#include <random>

#include "core/error.h"
#include "extract/sqlite/database_file.h"
#include "tests/extract/sqlite/test_database.h"

namespace transload::sqlite {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

template <class AnyValue>
std::string Text(const AnyValue& value) {
  switch (value.Class()) {
    case SQLITE_INTEGER:
      return fmt::format("i:{}", value.Integer());
    case SQLITE_FLOAT:
      return fmt::format("r:{}", value.Real());
    case SQLITE_TEXT:
      return "t:" + std::string(value.StoredBytes());
    case SQLITE_BLOB:
      return "b:" + std::string(value.StoredBytes());
    default:
      return "NULL";
  }
}

std::vector<std::string> ColumnsOf(Connection& connection, const std::string& table) {
  std::vector<std::string> names;
  Statement row(connection,
                "SELECT name FROM pragma_table_xinfo(" + QuoteText(table) + ") ORDER BY cid");
  while (row.Step()) names.push_back(row.Text(0));
  return names;
}

std::unique_ptr<StoredRows> Stored(Connection& connection, const std::string& table) {
  return StoredRows::Of(connection, table, FindTableKey(connection, table),
                        ColumnsOf(connection, table));
}

PartitionRange Range(const std::optional<std::string>& lower,
                     const std::optional<std::string>& upper) {
  PartitionRange range;
  range.by = SplitBy::kRowid;
  if (lower) range.lower = KeyBound{*lower};
  if (upper) range.upper = KeyBound{*upper};
  return range;
}

// Each row begins with its rowid.
Rows ReadStored(StoredRows& rows, const PartitionRange& range) {
  Rows read;
  rows.Seek(range);
  while (rows.Next()) {
    auto& row = read.emplace_back();
    row.push_back(fmt::format("i:{}", rows.rowid()));
    for (std::size_t i = 0; i < rows.size(); ++i) row.push_back(Text(rows.At(i)));
  }
  EXPECT_FALSE(rows.Next());
  return read;
}

Rows ReadThroughSql(Connection& connection, const std::string& table, const PartitionRange& range) {
  const TableKey key = FindTableKey(connection, table);
  const std::string where = RangeSql(key, range);
  Statement statement(
      connection, fmt::format("SELECT {0}, * FROM {1} NOT INDEXED{2}{3} ORDER BY "
                              "{0}",
                              key.Sql(), QuoteName(table), where.empty() ? "" : " WHERE ", where));
  BindRange(statement, key, range);
  Rows read;
  while (statement.Step()) {
    auto& row = read.emplace_back();
    for (int i = 0; i < statement.columns(); ++i) row.push_back(Text(statement.At(i)));
  }
  return read;
}

void ExpectSame(const TestDatabase& database, const std::string& table,
                const PartitionRange& range = Range(std::nullopt, std::nullopt)) {
  Connection connection(database.path(), false);
  connection.BeginRead();
  const auto stored = Stored(connection, table);
  ASSERT_NE(stored, nullptr) << table;
  const Rows of_engine = ReadThroughSql(connection, table, range);
  const Rows read = ReadStored(*stored, range);
  ASSERT_EQ(read.size(), of_engine.size()) << table;
  for (std::size_t i = 0; i < read.size(); ++i) ASSERT_EQ(read[i], of_engine[i]) << table;
}

TEST(SqliteStoredRows, AreTheSameOfEveryClassAndWidth) {
  std::string sql =
      "CREATE TABLE t(any, i INTEGER, n NUMERIC, x TEXT, r REAL, d DOUBLE PRECISION, "
      "f FLOAT, p \"FLOATING POINT\", b BLOB);";
  std::vector<std::string> values = {"NULL",
                                     "1e999",
                                     "-1e999",
                                     "0.0",
                                     "-0.0",
                                     "1.5",
                                     "5.0",
                                     "1e15",
                                     "9007199254740993.0",
                                     "''",
                                     "'5'",
                                     "'5.5'",
                                     "x''",
                                     "x'00ff'",
                                     "CAST(x'610062' AS TEXT)",
                                     "CAST(x'ff' AS TEXT)"};
  for (int bits = 0; bits < 64; ++bits) {
    for (int delta : {-1, 0, 1}) {
      const auto power = static_cast<std::int64_t>(std::uint64_t{1} << bits);
      if (bits == 63 && delta < 0) continue;
      values.push_back(fmt::format("{}", power + delta));
      if (bits < 63) values.push_back(fmt::format("{}", -(power + delta)));
    }
  }
  for (const std::string& value : values) {
    sql += "INSERT INTO t VALUES (" + value;
    for (int i = 1; i < 9; ++i) sql += "," + value;
    sql += ");";
  }
  const TestDatabase database(sql);
  ExpectSame(database, "t");
}

// Around every size from which on more of a row goes to pages of its own.
TEST(SqliteStoredRows, AreTheSameWhateverTheSizesOfRowAndPage) {
  for (int page = 512; page <= 65536; page *= 2) {
    std::string sql = fmt::format("PRAGMA page_size = {}; CREATE TABLE t(a, b);", page);
    std::vector<int> sizes;
    for (int pages = 0; pages < 4; ++pages) {
      const int step = page / 512;
      for (int size = 0; size < 512; ++size) {
        if (page == 512 || size < 20 || size > 480) sizes.push_back(pages * page + size * step);
        if (page > 512 && size < 60) sizes.push_back((pages + 1) * page - size);
      }
    }
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      sql += fmt::format("INSERT INTO t VALUES (randomblob({}), {});", sizes[i], i);
    }
    const TestDatabase database("PRAGMA journal_mode = OFF;" +
                                sql.insert(sql.find(';') + 1, "BEGIN;") + "COMMIT;");
    ExpectSame(database, "t");
  }
}

TEST(SqliteStoredRows, LeaveOutWhatAPageReserves) {
  TestDatabase database;
  database.Reserve(40);
  database.Execute("CREATE TABLE t(a); BEGIN;");
  for (int size = 0; size < 9000; size += 37) {
    database.Execute(fmt::format("INSERT INTO t VALUES (randomblob({}))", size));
  }
  database.Execute("COMMIT");
  ExpectSame(database, "t");
}

TEST(SqliteStoredRows, AreTheSameInRangesOfASparseTreeThatWasFilledInDisorder) {
  std::mt19937_64 random(20261122);
  TestDatabase database("PRAGMA page_size = 512; CREATE TABLE t(id INTEGER PRIMARY KEY, a); BEGIN");
  std::vector<std::int64_t> ids = {std::numeric_limits<std::int64_t>::min(), -1, 0, 1,
                                   std::numeric_limits<std::int64_t>::max()};
  for (int i = 0; i < 3000; ++i)
    ids.push_back(static_cast<std::int64_t>(random() >> (random() % 64)));
  for (std::int64_t id : ids) {
    database.Execute(fmt::format("INSERT OR IGNORE INTO t VALUES ({}, randomblob({}))",
                                 id == std::numeric_limits<std::int64_t>::min()
                                     ? "-9223372036854775807 - 1"
                                     : std::to_string(id),
                                 random() % 200));
  }
  database.Execute("DELETE FROM t WHERE abs(random() % 3) = 0 AND id > 5; COMMIT");
  ExpectSame(database, "t");
  for (int i = 0; i < 100; ++i) {
    std::int64_t lower = ids[random() % ids.size()];
    std::int64_t upper = ids[random() % ids.size()];
    if (lower > upper) std::swap(lower, upper);
    ExpectSame(database, "t", Range(std::to_string(lower), std::to_string(upper)));
    ExpectSame(database, "t", Range(std::to_string(upper), std::nullopt));
    ExpectSame(database, "t", Range(std::nullopt, std::to_string(lower)));
  }
  database.Execute("DELETE FROM t");
  ExpectSame(database, "t");
}

TEST(SqliteStoredRows, HaveTheDefaultsOfColumnsThatAreYounger) {
  TestDatabase database(R"(
    CREATE TABLE t(a); INSERT INTO t VALUES (1);
    ALTER TABLE t ADD COLUMN i INTEGER DEFAULT 7; INSERT INTO t(a) VALUES (2);
    ALTER TABLE t ADD COLUMN r REAL DEFAULT 5;
    ALTER TABLE t ADD COLUMN x TEXT DEFAULT 'it''s'; INSERT INTO t(a) VALUES (3);
    ALTER TABLE t ADD COLUMN b BLOB DEFAULT x'00ff';
    ALTER TABLE t ADD COLUMN n; ALTER TABLE t ADD COLUMN m NUMERIC DEFAULT '12'; 
    INSERT INTO t VALUES (4, NULL, NULL, NULL, NULL, NULL, NULL);)");
  ExpectSame(database, "t");
  database.Execute("ALTER TABLE t DROP COLUMN r");
  ExpectSame(database, "t");
}

TEST(SqliteStoredRows, AreTheSameOfEveryKindOfTableThatHasARowid) {
  const TestDatabase database(R"(
    PRAGMA auto_vacuum = FULL;
    CREATE TABLE alias_last(a TEXT, b REAL, id INTEGER PRIMARY KEY);
    INSERT INTO alias_last VALUES ('x', 1, 5), ('y', 2.5, -7);
    CREATE TABLE descending(id INTEGER PRIMARY KEY DESC, a);
    INSERT INTO descending VALUES (3, 'c'), (1, 'a'), (NULL, 'n');
    CREATE TABLE shadowed(rowid TEXT, _rowid_ INT); INSERT INTO shadowed VALUES ('r', 1);
    ALTER TABLE shadowed ADD COLUMN later TEXT DEFAULT 'd';
    CREATE TABLE strict(i INT, r REAL, x TEXT, b BLOB, any ANY) STRICT;
    INSERT INTO strict VALUES (1, 2, '3', x'04', 5), (NULL, NULL, NULL, NULL, '6');
    CREATE TABLE "Quoted ""Name"""("a b" INT); INSERT INTO "Quoted ""Name""" VALUES (1);)");
  for (const char* table : {"alias_last", "descending", "shadowed", "strict", "Quoted \"Name\""}) {
    ExpectSame(database, table);
  }
}

TEST(SqliteStoredRows, LeaveToSqliteWhatOnlySqliteCanTell) {
  TestDatabase database(R"(
    CREATE TABLE clustered(k TEXT PRIMARY KEY) WITHOUT ROWID;
    CREATE TABLE generated(a INT, b INT AS (a + 1));
    CREATE TABLE stored(a INT, b INT AS (a + 1) STORED);
    CREATE TABLE all_shadowed(rowid TEXT, oid TEXT, _rowid_ TEXT);
    CREATE VIRTUAL TABLE searched USING fts5(a);
    CREATE TABLE t(a);)");
  Connection connection(database.path(), false);
  EXPECT_EQ(Stored(connection, "t"), nullptr) << "outside of a transaction";
  connection.BeginRead();
  for (const char* table : {"clustered", "generated", "stored", "all_shadowed", "searched"}) {
    EXPECT_EQ(Stored(connection, table), nullptr) << table;
  }
  EXPECT_NE(Stored(connection, "t"), nullptr);
  const TestDatabase wide("PRAGMA encoding = 'UTF-16'; CREATE TABLE t(a);");
  Connection other(wide.path(), false);
  other.BeginRead();
  EXPECT_EQ(Stored(other, "t"), nullptr);
}

TEST(SqliteStoredRows, AreThoseOfTheSnapshotInWalMode) {
  TestDatabase database(
      "PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; CREATE TABLE t(a);"
      "INSERT INTO t VALUES (1);");
  {
    Connection connection(database.path(), false);
    connection.BeginRead();
    EXPECT_EQ(Stored(connection, "t"), nullptr) << "its rows are in the log";
  }
  database.Execute("PRAGMA wal_checkpoint(TRUNCATE)");
  Connection connection(database.path(), false);
  connection.BeginRead();
  const auto stored = Stored(connection, "t");
  ASSERT_NE(stored, nullptr);
  // What is committed now stays out of the file, however hard a checkpoint tries.
  database.Execute(
      "PRAGMA busy_timeout = 0; INSERT INTO t VALUES (2); UPDATE t SET a = 3;"
      "PRAGMA wal_checkpoint(TRUNCATE)");
  EXPECT_THAT(ReadStored(*stored, Range(std::nullopt, std::nullopt)),
              ElementsAre(ElementsAre("i:1", "i:1")));
  connection.Execute("ROLLBACK");
  database.Execute("PRAGMA wal_checkpoint(TRUNCATE)");
  ExpectSame(database, "t");
}

// The log lies beside the file, not beside a link to it.
TEST(SqliteStoredRows, AreNotTakenPastTheLogOfAFileThatALinkNames) {
  TestDatabase database(
      "PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; CREATE TABLE t(a);"
      "PRAGMA wal_checkpoint(TRUNCATE); INSERT INTO t VALUES (1);");
  const rig::TemporaryDir other;
  const std::string link = other / "link.db";
  std::filesystem::create_symlink(database.path(), link);
  Connection connection(link, false);
  connection.BeginRead();
  EXPECT_EQ(Stored(connection, "t"), nullptr);
  const Position before = ReadPosition(connection);
  connection.Execute("ROLLBACK");
  database.Execute("INSERT INTO t VALUES (2)");
  EXPECT_NE(ReadPosition(connection), before);
  EXPECT_GT(ExamineFile(link).wal_bytes, 0u);
  database.Execute("PRAGMA wal_checkpoint(TRUNCATE)");
  connection.BeginRead();
  EXPECT_EQ(ReadStored(*Stored(connection, "t"), Range(std::nullopt, std::nullopt)).size(), 2u);
}

std::string Bytes(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// The rows, or nothing where they are refused.
template <class Read>
std::optional<Rows> RowsOrRefused(const Read& read) {
  try {
    return read();
  } catch (const Error& error) {
    EXPECT_FALSE(std::string(error.what()).empty());
    return std::nullopt;
  }
}

// A file with one byte changed is refused, or gives what SQLite makes of it; what SQLite refuses
// must make no difference to the rows.
TEST(SqliteStoredRows, AreRefusedOrTheSameWhicheverByteIsDamaged) {
  TestDatabase database(R"(
    PRAGMA page_size = 512;
    CREATE TABLE t(id INTEGER PRIMARY KEY, a, r REAL, x TEXT);
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 25)
    INSERT INTO t SELECT i * i * i, i << (i % 60), i / 2.0, printf('%*d', i, i) FROM n;
    INSERT INTO t VALUES (-5, zeroblob(1100), 7, 'long');)");
  database.Close();
  const std::string sound = Bytes(database.path());
  const auto all = Range(std::nullopt, std::nullopt);
  Rows sound_rows;
  {
    Connection connection(database.path(), false);
    sound_rows = ReadThroughSql(connection, "t", all);
  }
  std::size_t refused = 0, same = 0;
  for (std::size_t at = 512; at < sound.size(); ++at) {
    for (const unsigned flip : {0x01u, 0x80u, 0xffu}) {
      std::fstream file(database.path(), std::ios::binary | std::ios::in | std::ios::out);
      file.seekp(static_cast<std::streamoff>(at));
      file.put(static_cast<char>(static_cast<unsigned char>(sound[at]) ^ flip)).flush();
      Connection connection(database.path(), false);
      connection.BeginRead();
      const auto stored = RowsOrRefused([&] { return ReadStored(*Stored(connection, "t"), all); });
      const auto of_engine = RowsOrRefused([&] { return ReadThroughSql(connection, "t", all); });
      if (stored) {
        ASSERT_EQ(*stored, of_engine ? *of_engine : sound_rows) << at << " ^ " << flip;
      }
      ++(stored ? same : refused);
      file.seekp(static_cast<std::streamoff>(at));
      file.put(sound[at]);
    }
  }
  EXPECT_GT(refused, 100u);
  EXPECT_GT(same, 100u);
}

// What is refused of `t` when these bytes stand there instead.
std::string Refusal(const std::string& sql, std::streamoff at, std::string_view bytes) {
  TestDatabase database(sql);
  database.Close();
  {
    std::fstream file(database.path(), std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(at);
    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  }
  Connection connection(database.path(), false);
  connection.BeginRead();
  try {
    ReadStored(*Stored(connection, "t"), Range(std::nullopt, std::nullopt));
  } catch (const Error& error) {
    return error.what();
  }
  return "nothing";
}

TEST(SqliteStoredRows, AreRefusedWithTableAndPageAndWhatToDo) {
  const std::string no_page = Refusal("CREATE TABLE t(a); INSERT INTO t VALUES (1);", 4096, "\x07");
  EXPECT_THAT(no_page, HasSubstr("table t, page 2: it is no page of a table"));
  EXPECT_THAT(no_page, HasSubstr(".recover"));
  // The root of two leaves: its last child is in the four bytes from 8 on.
  EXPECT_THAT(Refusal("CREATE TABLE t(a); INSERT INTO t VALUES (zeroblob(3000)), (zeroblob(3000));",
                      4096 + 8, std::string_view("\0\0\x03\xe7", 4)),
              HasSubstr("table t, page 2: it points to page 999 of 4"));
  // Its first leaf, whose number of cells is in the two bytes from 3 on.
  EXPECT_THAT(Refusal("CREATE TABLE t(a); INSERT INTO t VALUES (zeroblob(3000)), (zeroblob(3000));",
                      2 * 4096 + 3, std::string_view("\0\0", 2)),
              HasSubstr("table t, page 3: it has no cells"));
  // A row's next page is in the four bytes before the end of its own part.
  EXPECT_THAT(Refusal("CREATE TABLE t(a); INSERT INTO t VALUES (zeroblob(9000));", 8192 - 4,
                      std::string_view("\0\0\0\0", 4)),
              HasSubstr("table t, page 2: it points to page 0 of"));
  // And in the first four of each that follows; the last one here leads back.
  EXPECT_THAT(Refusal("CREATE TABLE t(a); INSERT INTO t VALUES (zeroblob(9000));", 3 * 4096,
                      std::string_view("\0\0\0\3", 4)),
              HasSubstr("table t, page 2: the pages of a row go on behind its end"));
}

// What the scan of types finds is the same in a snapshot, from pages, and before one, from SQLite.
TEST(SqliteStoredRows, AreScannedAsSqliteGivesThem) {
  const TestDatabase database(R"(
    CREATE TABLE t(id INTEGER PRIMARY KEY, a, r REAL, x TEXT, d DATE);
    INSERT INTO t VALUES (1, 5, 1.5, 'x', '2024-01-02'), (2, 'text', 1e300, x'00', 'no date'),
      (3, x'ff', -2, CAST(x'ff' AS TEXT), 1.25), (4, 0.1, 'wide', '0012', 20240102);
    WITH RECURSIVE n(i) AS (SELECT 5 UNION ALL SELECT i + 1 FROM n WHERE i < 60000)
    INSERT INTO t SELECT i, i / 3, i / 8.0, printf('%150d', i), date(i, 'unixepoch') FROM n;)");
  for (int jobs : {1, 3}) {
    const auto source = database.Open(jobs);
    const SourceTable table = TableOf(source->ReadCatalogue(), "t");
    const std::vector<std::string> columns = {"id", "a", "r", "x", "d"};
    const std::vector<ColumnFacts> before = source->Scan(table, columns);
    source->TakeSnapshot(Readers(3, 0));
    const std::vector<ColumnFacts> inside = source->Scan(table, columns);
    ASSERT_EQ(inside.size(), before.size());
    for (std::size_t i = 0; i < inside.size(); ++i) {
      EXPECT_EQ(inside[i].counts, before[i].counts) << columns[i];
      // Which of several threads finds the first ones is left to chance.
      if (jobs == 1) {
        EXPECT_EQ(inside[i].samples, before[i].samples) << columns[i];
      }
      EXPECT_EQ(inside[i].minimum, before[i].minimum) << columns[i];
      EXPECT_EQ(inside[i].maximum, before[i].maximum) << columns[i];
      EXPECT_EQ(inside[i].rows, before[i].rows) << columns[i];
    }
    std::size_t rows = 0;
    for (const PartitionRange& range : source->Split(table, "", 3'000'000).ranges) {
      rows += ReadAll(*source, table, range).size();
    }
    EXPECT_EQ(rows, 60'000u);
  }
}

}  // namespace
}  // namespace transload::sqlite
