// Streams a partition's rows over the binary protocol.
#ifndef TRANSLOAD_EXTRACT_MYSQL_ROW_READER_H_
#define TRANSLOAD_EXTRACT_MYSQL_ROW_READER_H_

#include <atomic>
#include <exception>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/error.h"
#include "extract/mysql/cell_decoder.h"
#include "extract/mysql/data_connection.h"
#include "extract/mysql/known_keys.h"
#include "extract/mysql/row_handover.h"
#include "extract/mysql/server_version.h"
#include "extract/mysql/snapshot_tables.h"
#include "extract/mysql/table_key.h"
#include "extract/source.h"

struct st_mysql_stmt;

namespace transload::mysql {

class MySqlRowReader : public RowReader, private RowReceiver {
 public:
  MySqlRowReader(std::unique_ptr<DataConnection> connection, const ServerVersion& version,
                 std::shared_ptr<const KnownKeys> known_keys,
                 std::shared_ptr<SnapshotTables> tables, RowHandover handover = BestHandover());
  ~MySqlRowReader() override;

  void Open(const ReadRequest& request) override;
  bool Read(RowBatch& batch) override;
  void Abandon() override;
  void Cancel() noexcept override;
  std::uint64_t CountRows(const std::string& schema, const std::string& table,
                          const std::string& where) override;
  std::optional<KeyBound> BoundaryAfter(const std::string& schema, const std::string& table,
                                        const PartitionRange& range, std::uint64_t rows) override;
  std::optional<KeyBound> CutAfter(std::uint64_t rows) override;

  // The connection, when it is sound and idle; the reader is of no use afterwards.
  std::unique_ptr<DataConnection> TakeConnection();

 private:
  struct StatementCloser {
    void operator()(st_mysql_stmt* statement) const;
  };
  using Statement = std::unique_ptr<st_mysql_stmt, StatementCloser>;

  void OnRow(const unsigned char* packet, std::size_t size) noexcept override;
  static void OnCell(void* receiver, unsigned column, unsigned char** at) noexcept;
  [[noreturn]] void RefuseRow();
  void BindColumns(const ReadRequest& request);
  std::string SelectSql(const ReadRequest& request);
  TableKey Key(const std::string& schema, const std::string& table,
               const std::vector<std::string>& columns);
  SqlResult PatientQuery(const std::string& sql);
  void JoinTable(const std::string& schema, const std::string& table);
  void ThrowIfCancelled();
  // Ends the open statement with the error that the connection holds.
  [[noreturn]] void Fail(std::string_view doing);
  [[noreturn]] void Rethrow(Error error);
  // Makes sure that no late KILL QUERY is waiting for the next statement.
  void Settle();

  std::unique_ptr<DataConnection> connection_;
  ServerVersion version_;
  RowHandover handover_;
  Statement statement_;
  std::string table_;
  std::string cut_sql_;        // finds the key that follows N rows; empty: not in key order
  bool ended_by_cut_ = false;  // CutAfter found no row left
  std::vector<WireForm> forms_;
  RowBatch* batch_ = nullptr;          // during Read
  std::exception_ptr decode_failure_;  // a C library is no place to throw through
  std::atomic<bool> broken_{false};
  std::shared_ptr<const KnownKeys> known_keys_;
  std::shared_ptr<SnapshotTables> tables_;
  std::map<std::pair<std::string, std::string>, TableKey> keys_;  // looked up by this reader
  std::atomic<bool> cancelled_{false};
  std::mutex cancel_mutex_;  // Cancel against TakeConnection
};

}  // namespace transload::mysql

#endif  // TRANSLOAD_EXTRACT_MYSQL_ROW_READER_H_
