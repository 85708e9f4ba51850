// Reads tables of the target back, in binary, the way they would be copied out.
//
// One libpq connection in a REPEATABLE READ, READ ONLY transaction, used by one thread; only
// Cancel() may be called from another. Rows come as views into libpq's message, valid until the
// next call: per row nothing is allocated here.
#ifndef TRANSLOAD_LOAD_TABLE_READER_H_
#define TRANSLOAD_LOAD_TABLE_READER_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/options.h"
#include "core/partition.h"
#include "core/pg_type.h"
#include "core/query_answer.h"

namespace transload {

struct ReadBack {
  std::string schema;
  std::string table;
  std::vector<std::string> columns;  // target names, in the order of the fields
  std::string where_sql;             // SQL of the target (KeyRangeSql, BlockRangeSql), or empty
  std::string order_by_sql;          // for drill-down, or empty
  std::vector<std::string> as_text = {};  // those of the columns whose text form is wanted
};

class TableReader {
 public:
  // `snapshot`: of another reader's ExportSnapshot(), or empty for one of its own.
  explicit TableReader(const Options& options, const std::string& snapshot = "");
  TableReader(TableReader&&) noexcept;
  TableReader& operator=(TableReader&&) noexcept;
  ~TableReader();

  // Good for as long as this reader lives.
  std::string ExportSnapshot();
  std::vector<TargetColumn> DescribeTable(const std::string& schema, const std::string& table);
  // 8 KiB blocks of the table itself, for cutting it by ctid.
  std::uint64_t Blocks(const std::string& schema, const std::string& table);
  std::uint64_t CountRows(const std::string& schema, const std::string& table,
                          const std::string& where_sql = "");
  // "only public.t": its own rows, without those of tables that inherit from it. The table stays
  // locked against whoever would rewrite it until another one is asked for.
  const std::string& From(const std::string& schema, const std::string& table);
  // Of a table that a Query has read: nobody rewrote it between the snapshot and that. Whatever
  // reads through From() is as sure.
  void ThrowIfRewritten(const std::string& schema, const std::string& table);
  // A query's result as text, NULL as nothing: aggregates of --verify full, drill-down.
  std::vector<std::vector<std::optional<std::string>>> Query(const std::string& sql);
  // The same of a query that the user wrote: one statement that returns rows, or it is refused.
  QueryAnswer Ask(const std::string& sql);

  void Open(const ReadBack& request);
  // The framed fields of the next row (COPY's framing without the leading field count), to be
  // walked with CellCursor. False at the end, which CommandComplete's row count has proven.
  bool Next(std::string_view& framed_fields);
  std::uint64_t rows() const;  // returned by Next since Open
  // Gives up the open COPY; the snapshot is kept where possible, else an Error with
  // snapshot_lost is thrown.
  void Abandon();
  void Cancel() noexcept;  // any thread

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// The WHERE condition of a range over key columns that order alike in source and target. Bounds
// become quoted literals cast to the column's type; binary keys are hex.
std::string KeyRangeSql(const PartitionRange& range, const std::vector<TargetColumn>& key);
// Blocks [first, last) by ctid, or to the end without `last`; a range scan from PostgreSQL 14 on.
std::string BlockRangeSql(std::uint64_t first, std::optional<std::uint64_t> last);

}  // namespace transload

#endif  // TRANSLOAD_LOAD_TABLE_READER_H_
