// Rows of one query, fetched in blocks of columns.
//
// Columns with a known width are bound as arrays; columns without one come last in the select list
// and are fetched by SQLGetData in pieces, in column order, a row at a time, which every driver can
// do (SQL_GETDATA_EXTENSIONS would allow more on some). Memory: one block of about kBlockBytes, and
// the long values of one row.
#ifndef TRANSLOAD_EXTRACT_ODBC_BLOCK_READER_H_
#define TRANSLOAD_EXTRACT_ODBC_BLOCK_READER_H_

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "core/row_batch.h"
#include "extract/odbc/cell_buffer.h"
#include "extract/odbc/handle.h"

namespace transload::odbc {

struct BlockColumn {
  std::string name;  // for messages
  CellFormat format = CellFormat::kText;
  std::optional<std::size_t> bytes;  // room for a value; nothing: in pieces
};

// Values that were longer than their columns' room. Nothing of their block was handed out.
struct Overflow {
  std::vector<std::size_t> columns;
};

class BlockReader {
 public:
  static constexpr std::size_t kBlockBytes = std::size_t{1} << 20;
  static constexpr std::size_t kMostRows = 2000;

  explicit BlockReader(Statement& statement) : statement_(statement) {}

  // The order in which `columns` must stand in the select list: bound ones first.
  static std::vector<std::size_t> SelectOrder(const std::vector<BlockColumn>& columns);

  // Runs the query, whose select list is in SelectOrder.
  void Open(const std::string& sql, std::vector<BlockColumn> columns, TextAs text);
  // Appends rows until the batch is full: false when the driver said SQL_NO_DATA. Returns the
  // overflow instead when a block holds values that were cut; the reader must then be closed.
  struct Outcome {
    bool more = true;
    std::optional<Overflow> overflow;
  };
  Outcome Read(RowBatch& batch);
  void Close() noexcept;
  bool open() const { return open_; }
  // Rows handed out since Open.
  std::uint64_t rows() const { return rows_; }

 private:
  void Bind();
  bool FetchBlock();
  void CheckStatus();
  std::optional<Overflow> FindOverflow() const;
  void ReadPieces(CallWatch& watch);
  void AppendRow(std::size_t row, RowBatch& batch);

  Statement& statement_;
  std::vector<BlockColumn> columns_;
  std::vector<CellBuffer> buffers_;  // one per column, request order
  std::vector<ByteBuffer> pieces_;   // likewise; used by columns that come in pieces
  std::vector<std::size_t> order_;   // select list: request positions
  std::vector<SQLUSMALLINT> status_;
  SQLULEN fetched_ = 0;
  std::size_t block_rows_ = 1;  // that a fetch asks for
  std::size_t next_ = 0;        // row of the block
  bool in_pieces_ = false;
  bool open_ = false;
  std::uint64_t rows_ = 0;
};

}  // namespace transload::odbc

#endif  // TRANSLOAD_EXTRACT_ODBC_BLOCK_READER_H_
