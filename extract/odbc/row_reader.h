// Reads partitions of a table over one connection of the snapshot.
#ifndef TRANSLOAD_EXTRACT_ODBC_ROW_READER_H_
#define TRANSLOAD_EXTRACT_ODBC_ROW_READER_H_

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "extract/odbc/block_reader.h"
#include "extract/odbc/column_width.h"
#include "extract/odbc/reading_context.h"
#include "extract/source.h"

namespace transload::odbc {

class OdbcRowReader : public RowReader {
 public:
  OdbcRowReader(std::unique_ptr<Connection> connection, ReadingContext& context);
  ~OdbcRowReader() override;

  void Open(const ReadRequest& request) override;
  bool Read(RowBatch& batch) override;
  std::optional<KeyBound> CutAfter(std::uint64_t rows) override;
  void Abandon() override;
  void Cancel() noexcept override;
  std::uint64_t CountRows(const std::string& schema, const std::string& table,
                          const std::string& where) override;
  std::optional<KeyBound> BoundaryAfter(const std::string& schema, const std::string& table,
                                        const PartitionRange& range, std::uint64_t rows) override;

  // The connection, when it is sound and idle; the reader is of no use afterwards.
  std::unique_ptr<Connection> TakeConnection();

 private:
  void Start();
  ColumnWidths Widths();
  ColumnWidths MeasureWidths();
  void MeasureOctets(const std::vector<std::size_t>& columns, ColumnWidths& widths);
  void Resize(const Overflow& overflow);
  void CheckCancelled();
  std::optional<KeyBound> KeyAfter(const std::string& schema, const std::string& table,
                                   const PartitionRange& range, const std::string& where,
                                   std::uint64_t rows);
  void TakeSample(RowBatch& batch, std::size_t first) const;
  [[noreturn]] void Rethrow(Error error);

  std::unique_ptr<Connection> connection_;
  std::unique_ptr<Statement> statement_;
  ReadingContext& context_;
  BlockReader rows_;
  ReadRequest request_;
  std::string width_key_;
  std::string table_;
  bool broken_ = false;
  bool ended_by_cut_ = false;  // CutAfter found no row left
  std::atomic<bool> cancelled_{false};
  std::mutex cancel_mutex_;  // Cancel against TakeConnection and the end
};

}  // namespace transload::odbc

#endif  // TRANSLOAD_EXTRACT_ODBC_ROW_READER_H_
