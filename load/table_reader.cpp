#include "load/table_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "core/error.h"
#include "core/postgres_client.h"
#include "core/row_batch.h"
#include "load/column_query.h"
#include "load/data_connection.h"
#include "load/ddl.h"

namespace transload {
namespace {

constexpr std::size_t kSignatureBytes = 11;
constexpr std::size_t kHeaderBytes = 19;

std::string Literal(const std::string& value, const TargetColumn& column) {
  const std::string text = column.type.kind == PgKind::kBytea ? ddl::QuoteLiteral("\\x" + value)
                                                              : ddl::QuoteLiteral(value);
  return fmt::format("{}::{}", text, column.type.Sql());
}

std::string RowOf(const KeyBound& bound, const std::vector<TargetColumn>& key) {
  if (bound.size() != key.size()) throw BugError("a bound and its key differ in length");
  std::vector<std::string> values;
  for (std::size_t i = 0; i < key.size(); ++i) values.push_back(Literal(bound[i], key[i]));
  return fmt::format("({})", fmt::join(values, ", "));
}

}  // namespace

struct TableReader::State {
  explicit State(const Options& options) : connection(options, "transload verify") {}

  // Every table read stays locked to the end of the transaction, and a server has room for some
  // thousands of locks: going back to a savepoint lets go of them and keeps the snapshot. Not made
  // before the first table, for a snapshot can't be exported behind a savepoint. A table that could
  // not be read leaves its error behind there too, instead of ending the transaction for all
  // others.
  void DropLocks() {
    held.clear();
    connection.Exec(std::exchange(savepoint, true) ? "rollback to savepoint tables"
                                                   : "savepoint tables");
  }

  [[noreturn]] static void ThrowRewritten(const std::string& name) {
    throw Error(fmt::format(
        "somebody rewrote, emptied or replaced {} (ALTER TABLE, TRUNCATE, VACUUM FULL, CLUSTER, "
        "...) while the target was being read, and the state that is read cannot be seen in what "
        "it is now: give the command again",
        name));
  }

  // Whoever asks has read of the table already, which keeps it as it is.
  void ThrowIfRewritten(const std::string& name) {
    if (!connection.Exec(AsInSnapshotSql(ddl::QuoteLiteral(name))).Bool(0, 0)) ThrowRewritten(name);
  }

  DataConnection connection;
  bool open = false;
  bool first = false;
  std::uint64_t rows = 0;
  bool savepoint = false;
  std::string held;                            // the table that is kept from being rewritten
  std::map<std::string, std::string> read_as;  // by qualified name

  // A partitioned table is read with its partitions, every other one without its children.
  const std::string& From(const std::string& schema, const std::string& table) {
    const std::string name = ddl::Qualified(schema, table);
    if (name == held) return read_as.at(name);
    DropLocks();
    auto known = read_as.find(name);
    if (known == read_as.end()) {
      const SqlRows kind = connection.Exec(
          "select relkind = 'p' from pg_catalog.pg_class where oid = $1::regclass", {name});
      if (kind.empty()) ThrowRewritten(name);
      known = read_as.emplace(name, kind.Bool(0, 0) ? name : "only " + name).first;
    }
    connection.Exec(fmt::format("select from {} limit 0", known->second));
    ThrowIfRewritten(name);
    held = name;
    return known->second;
  }
};

TableReader::TableReader(const Options& options, const std::string& snapshot)
    : state_(std::make_unique<State>(options)) {
  state_->connection.Exec(kWidenBufferSql);
  state_->connection.Exec("begin isolation level repeatable read read only");
  if (!snapshot.empty()) {
    state_->connection.Exec("set transaction snapshot " + ddl::QuoteLiteral(snapshot));
  }
}
TableReader::TableReader(TableReader&&) noexcept = default;
TableReader& TableReader::operator=(TableReader&&) noexcept = default;
TableReader::~TableReader() = default;

std::string TableReader::ExportSnapshot() {
  return state_->connection.Exec("select pg_export_snapshot()").Text(0, 0);
}

std::vector<TargetColumn> TableReader::DescribeTable(const std::string& schema,
                                                     const std::string& table) {
  return ColumnsFromRows(state_->connection.Exec(DescribeTableSql(), {schema, table}));
}

std::uint64_t TableReader::Blocks(const std::string& schema, const std::string& table) {
  return state_->connection
      .Exec("select pg_relation_size($1::regclass) / current_setting('block_size')::bigint",
            {ddl::Qualified(schema, table)})
      .Count(0, 0);
}

std::uint64_t TableReader::CountRows(const std::string& schema, const std::string& table,
                                     const std::string& where_sql) {
  std::string sql = "select count(*) from " + state_->From(schema, table);
  if (!where_sql.empty()) sql += " where " + where_sql;
  return state_->connection.Exec(sql).Count(0, 0);
}

const std::string& TableReader::From(const std::string& schema, const std::string& table) {
  return state_->From(schema, table);
}

void TableReader::ThrowIfRewritten(const std::string& schema, const std::string& table) {
  state_->ThrowIfRewritten(ddl::Qualified(schema, table));
}

std::vector<std::vector<std::optional<std::string>>> TableReader::Query(const std::string& sql) {
  return state_->connection.Exec(sql).rows;
}

QueryAnswer TableReader::Ask(const std::string& sql) { return state_->connection.Ask(sql); }

void TableReader::Open(const ReadBack& request) {
  if (state_->open) throw BugError("a table is being read back already");
  std::vector<std::string> columns;
  for (const std::string& name : request.columns) {
    const bool as_text =
        std::find(request.as_text.begin(), request.as_text.end(), name) != request.as_text.end();
    columns.push_back(ddl::QuoteName(name) + (as_text ? "::pg_catalog.text" : ""));
  }
  std::string sql = fmt::format("copy (select {} from {}", fmt::join(columns, ", "),
                                state_->From(request.schema, request.table));
  if (!request.where_sql.empty()) sql += " where " + request.where_sql;
  if (!request.order_by_sql.empty()) sql += " order by " + request.order_by_sql;
  state_->connection.StartCopyOut(sql + ") to stdout (format binary)");
  state_->open = state_->first = true;
  state_->rows = 0;
}

// One message holds one tuple; the file header stands before the first.
bool TableReader::Next(std::string_view& framed_fields) {
  std::string_view message;
  while (state_->connection.Next(message)) {
    if (state_->first) {
      if (message.size() < kHeaderBytes) throw Error("the server's binary COPY begins oddly");
      const std::uint32_t extension = LoadBe32(message.data() + kSignatureBytes + 4);
      message.remove_prefix(kHeaderBytes + extension);
      state_->first = false;
    }
    if (message.size() < 2) continue;
    const bool trailer = message[0] == '\377' && message[1] == '\377';
    if (trailer) continue;
    message.remove_prefix(2);
    framed_fields = message;
    ++state_->rows;
    return true;
  }
  state_->open = false;
  if (state_->connection.copied_rows() != state_->rows) {
    throw Error(fmt::format("the server says it sent {} rows, {} arrived",
                            state_->connection.copied_rows(), state_->rows));
  }
  return false;
}

std::uint64_t TableReader::rows() const { return state_->rows; }

void TableReader::Abandon() {
  if (!state_->open) return;
  state_->open = false;
  // A cancelled statement ends the transaction, and with it the snapshot.
  state_->connection.RollBack();
  Error error("the read was given up; its snapshot is gone");
  error.snapshot_lost = true;
  error.retryable = true;
  throw error;
}

void TableReader::Cancel() noexcept { state_->connection.Cancel(); }

std::string KeyRangeSql(const PartitionRange& range, const std::vector<TargetColumn>& key) {
  if (range.whole_table()) return "";
  std::vector<std::string> names;
  for (const TargetColumn& column : key) names.push_back(column.name);
  if (range.only_nulls) return ddl::ColumnList(names) + " IS NULL";
  const std::string columns = "(" + ddl::ColumnList(names) + ")";
  std::vector<std::string> conditions;
  if (range.lower) conditions.push_back(columns + " >= " + RowOf(*range.lower, key));
  if (range.upper) conditions.push_back(columns + " < " + RowOf(*range.upper, key));
  // A range that is open on both sides leaves NULLs to the partition that is theirs, where there
  // is one; a table cut so has no NULLs in its key otherwise.
  return fmt::format("{}", fmt::join(conditions, " AND "));
}

std::string BlockRangeSql(std::uint64_t first, std::optional<std::uint64_t> last) {
  std::string sql = fmt::format("ctid >= '({},0)'::tid", first);
  if (last) sql += fmt::format(" AND ctid < '({},0)'::tid", *last);
  return sql;
}

}  // namespace transload
