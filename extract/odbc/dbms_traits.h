// What is known about database systems behind drivers, as data: how to make all readers see one
// point in time, and a few statements that ODBC has no call for. A system that is not listed is
// read with standard SQL alone.
#ifndef TRANSLOAD_EXTRACT_ODBC_DBMS_TRAITS_H_
#define TRANSLOAD_EXTRACT_ODBC_DBMS_TRAITS_H_

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/source_schema.h"

namespace transload::odbc {

struct DbmsTraits {
  std::string_view name;  // wildcards, against SQL_DBMS_NAME in lower case; empty: not known

  // --- lengths: the octets of a text (as UTF-8) and of a binary value; empty: not asked
  std::string_view text_octets = {};
  std::string_view byte_octets = {};
  // --- behind ORDER BY: one row after {} others; empty: found out by trying
  std::string_view one_row_after = {};

  std::string_view count = "COUNT(*)";
  // Where a date may be all zero: NULL for such a one, something else for any other.
  std::string_view whole_date = {};

  // --- keys: columns hold values of their own type alone, text and UUIDs compare with a literal in
  // quotes as ORDER BY orders them, and a column that may be NULL is told as such
  bool typed_keys = false;
  // Where an integer key may hold NULL and values of other types: the condition for these.
  std::string_view other_class = {};
  std::string_view text_prefix = {};  // in front of such a literal
  // What SQLPrimaryKeys, SQLStatistics and SQLForeignKeys would say of one table, where drivers
  // leave something out or say more than there is: {0} schema, {1} table as literals.
  std::string_view primary_key = {};
  std::string_view statistics = {};
  std::string_view foreign_keys = {};

  // --- tables whose rows are read with another table's: schema, name, that table, and "partition"
  // where it is one
  std::string_view nested_tables = {};

  // --- columns, where drivers tell less or otherwise: name, YES where NULL may stand in it,
  // default, what more its catalogue says of it, and SQL by which it has to be read, {{}} standing
  // for its name; {0} schema, {1} table as literals. How such a default is read.
  std::string_view columns = {};
  std::optional<SourceDefault> (*column_default)(const std::optional<std::string>& text,
                                                 const SourceColumn& column,
                                                 std::string_view extra) = nullptr;

  // --- tables by storage engine, where it matters: name, engine, comment of each table of the
  // current database; whether a snapshot covers an engine, and why one is not carried over
  std::string_view engines = {};
  bool (*transactional)(const std::string& engine) = nullptr;
  std::string (*engine_refusal)(const std::string& engine, const std::string& comment) = nullptr;

  // --- sessions
  std::span<const std::string_view> session = {};  // statements for each new connection
  bool manual_commit = false;                      // autocommit off while reading

  // --- one point in time for all readers
  std::span<const std::string_view> lock = {};    // on the control connection, before
  std::span<const std::string_view> begin = {};   // on each reader; {} is the exported snapshot
  std::string_view exported = {};                 // on the first reader: names its snapshot
  std::span<const std::string_view> import = {};  // on the others, after begin; {} as above
  std::span<const std::string_view> unlock = {};  // on the control connection, after
  // For each table that will be read, with {} for its name: on the control connection behind
  // `lock`, and on each reader behind `begin`.
  std::string_view lock_table = {};
  std::string_view first_read = {};
  // A scalar: "moving" when the above works, "still" when nothing can change anyway; otherwise no
  // common point in time is to be had, for the reason the text says. Empty: it always works.
  std::string_view readiness = {};
  // A number that changes with every commit of others: equal before and after is the proof.
  std::string_view commit_counter = {};
  std::string_view method = {};  // in words, when the above proves it

  // --- where the source is: the first row's columns; empty: cannot be told
  std::string_view position = {};
  // Rows say that changes may pass the position by.
  std::string_view passed_by = {};
  // So does any value in these of the position's columns.
  std::span<const std::string_view> position_filters = {};
  // --- identity of the data; a scalar
  std::string_view identity = {};
  // --- the next value of an automatic number: {0} schema, {1} table as literals
  std::string_view next_auto = {};
  // Where descriptions of results do not tell: the column that is numbered by itself, as above.
  std::string_view automatic_column = {};
  // The columns whose text loses characters without a word on its way to UTF-8, and their character
  // sets, as above; and SQL for such a text as bytes, with FF, which no UTF-8 has, for each of
  // them.
  std::string_view charsets = {};
  bool (*comes_back_the_same)(std::string_view charset) = nullptr;
  std::string (*marked_text)(const std::string& text, const std::string& charset) = nullptr;
  // Its catalogue is read from its own views, not through ODBC's functions.
  bool sql_server = false;
};

// Never fails: an unknown system has traits without anything in them.
const DbmsTraits& TraitsOf(std::string_view dbms_name);

}  // namespace transload::odbc

#endif  // TRANSLOAD_EXTRACT_ODBC_DBMS_TRAITS_H_
