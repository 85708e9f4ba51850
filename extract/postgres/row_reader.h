// Streams a partition's rows out of the exported snapshot as COPY sends them, undecoded.
#ifndef TRANSLOAD_EXTRACT_POSTGRES_ROW_READER_H_
#define TRANSLOAD_EXTRACT_POSTGRES_ROW_READER_H_

#include <atomic>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/error.h"
#include "extract/postgres/data_connection.h"
#include "extract/source.h"

namespace transload::postgres {

// Schema and name of tables that hold no rows themselves and are read with their partitions.
using PartitionedTables = std::set<std::pair<std::string, std::string>>;

class PostgresRowReader : public RowReader {
 public:
  // Joins the snapshot at once.
  PostgresRowReader(const Endpoint& endpoint, std::string snapshot_id,
                    std::shared_ptr<const PartitionedTables> partitioned);

  // LOCK TABLE, kept as long as the transaction.
  void Hold(const std::vector<std::string>& locks);
  // Tables as the catalogue has them that was read last.
  void Know(std::shared_ptr<const PartitionedTables> partitioned);

  void Open(const ReadRequest& request) override;
  bool Read(RowBatch& batch) override;
  // The transaction ends with a cancelled statement; the snapshot lives on in the connection that
  // exported it, and is joined again.
  void Abandon() override;
  void Cancel() noexcept override;
  std::uint64_t CountRows(const std::string& schema, const std::string& table,
                          const std::string& where) override;
  // Boundaries are all known before reading begins.
  std::optional<KeyBound> BoundaryAfter(const std::string& schema, const std::string& table,
                                        const PartitionRange& range, std::uint64_t rows) override;

  bool sound() const { return connection_.usable() && !open_ && joined_; }

 private:
  void Join();
  void LockUnchanged(const std::string& schema, const std::string& table);
  [[noreturn]] void Fail(Error error);

  DataConnection connection_;
  std::string snapshot_id_;
  std::shared_ptr<const PartitionedTables> partitioned_;
  std::string table_;
  std::set<std::pair<std::string, std::string>> unchanged_;  // tables, since the snapshot
  bool holds_all_ = false;                                   // locks from before any could change
  bool joined_ = false;
  bool open_ = false;
  bool first_ = false;  // the file's header stands before the first row
  std::uint64_t rows_ = 0;
  std::uint16_t fields_ = 0;
};

// The query of one partition, without COPY around it.
std::string SelectSql(const ReadRequest& request, bool partitioned);
// The rows of a range, or nothing for the whole table.
std::string RangeSql(const PartitionRange& range);

}  // namespace transload::postgres

#endif  // TRANSLOAD_EXTRACT_POSTGRES_ROW_READER_H_
