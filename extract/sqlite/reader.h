// Rows of one table or partition, as kDynamic cells.
#ifndef TRANSLOAD_EXTRACT_SQLITE_READER_H_
#define TRANSLOAD_EXTRACT_SQLITE_READER_H_

#include <memory>
#include <string>

#include "extract/source.h"
#include "extract/sqlite/connection.h"
#include "extract/sqlite/database_file.h"
#include "extract/sqlite/stored_rows.h"
#include "extract/sqlite/table_key.h"

namespace transload::sqlite {

class Reader : public RowReader {
 public:
  // `unlocked` is set for a file read without locks: its position must then be the same after each
  // query as it was at the beginning.
  Reader(std::unique_ptr<Connection> connection, Position unlocked);

  void Open(const ReadRequest& request) override;
  bool Read(RowBatch& batch) override;
  void Abandon() override;
  void Cancel() noexcept override { connection_->Interrupt(); }
  std::uint64_t CountRows(const std::string& schema, const std::string& table,
                          const std::string& where) override;
  std::optional<KeyBound> BoundaryAfter(const std::string& schema, const std::string& table,
                                        const PartitionRange& range, std::uint64_t rows) override;

  // The connection, for the next reader; nothing when its view of the file is lost.
  std::unique_ptr<Connection> TakeConnection();

 private:
  void Close();
  void AppendValues(int part, const Values& values);
  void AppendStored();
  template <class AnyValue>
  void AppendValue(const AnyValue& value);
  void ProveUnmoved();

  std::unique_ptr<Connection> connection_;
  Position unlocked_;
  Statement rows_;
  std::unique_ptr<StoredRows> stored_;  // instead of rows_
  RowBatch* batch_ = nullptr;           // being filled
  int columns_ = 0;
  bool taken_ = false;  // rows are in the batch once they are found
  bool utf8_ = false;   // texts are in the file as they are read
};

}  // namespace transload::sqlite

#endif  // TRANSLOAD_EXTRACT_SQLITE_READER_H_
