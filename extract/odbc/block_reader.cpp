#include "extract/odbc/block_reader.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/error.h"

namespace transload::odbc {
namespace {

constexpr SQLUSMALLINT kStatusUntouched = 0xFFFF;
constexpr std::size_t kPieceBytes = std::size_t{256} << 10;

}  // namespace

std::vector<std::size_t> BlockReader::SelectOrder(const std::vector<BlockColumn>& columns) {
  std::vector<std::size_t> order;
  for (const bool bound : {true, false}) {
    for (std::size_t i = 0; i < columns.size(); ++i) {
      const bool fixed = TransportOf(columns[i].format, TextAs::kWide).fixed_bytes > 0;
      if ((fixed || columns[i].bytes.has_value()) == bound) order.push_back(i);
    }
  }
  return order;
}

void BlockReader::Open(const std::string& sql, std::vector<BlockColumn> columns, TextAs text) {
  Close();
  columns_ = std::move(columns);
  order_ = SelectOrder(columns_);
  buffers_.assign(columns_.size(), {});
  pieces_.resize(columns_.size());
  in_pieces_ = false;
  std::size_t row_bytes = sizeof(SQLUSMALLINT);
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    CellBuffer& buffer = buffers_[i];
    buffer.transport = TransportOf(columns_[i].format, text);
    if (buffer.transport.fixed_bytes > 0) columns_[i].bytes = buffer.transport.fixed_bytes;
    in_pieces_ = in_pieces_ || !columns_[i].bytes;
    row_bytes += columns_[i].bytes.value_or(0) + sizeof(SQLLEN);
  }
  block_rows_ = in_pieces_ ? 1 : std::clamp<std::size_t>(kBlockBytes / row_bytes, 1, kMostRows);
  statement_.SetAttribute(SQL_ATTR_CURSOR_TYPE, SQL_CURSOR_FORWARD_ONLY);
  statement_.SetAttribute(SQL_ATTR_CONCURRENCY, SQL_CONCUR_READ_ONLY);
  statement_.Execute(sql);
  // Only now: some drivers hold a binding against the columns of the statement's last result.
  Bind();
  SQLSMALLINT selected = 0;
  statement_.Check(SQLNumResultCols(statement_.get(), &selected), "asking for the columns");
  if (static_cast<std::size_t>(selected) < columns_.size()) {
    throw BugError("the source selected fewer columns than asked for: " + sql);
  }
  open_ = true;
  next_ = fetched_ = 0;
  rows_ = 0;
}

void BlockReader::Bind() {
  statement_.SetAttribute(SQL_ATTR_ROW_BIND_TYPE, SQL_BIND_BY_COLUMN);
  // A driver that cannot fetch blocks keeps one row; one that wants fewer says how many.
  SQLULEN granted = 1;
  if (statement_.SetAttribute(SQL_ATTR_ROW_ARRAY_SIZE, block_rows_)) {
    granted = block_rows_;
    SQLGetStmtAttr(statement_.get(), SQL_ATTR_ROW_ARRAY_SIZE, &granted, 0, nullptr);
  }
  block_rows_ = std::clamp<std::size_t>(granted, 1, block_rows_);
  status_.assign(block_rows_, kStatusUntouched);
  statement_.SetAttribute(SQL_ATTR_ROW_STATUS_PTR,
                          reinterpret_cast<std::uintptr_t>(status_.data()));
  statement_.SetAttribute(SQL_ATTR_ROWS_FETCHED_PTR, reinterpret_cast<std::uintptr_t>(&fetched_));
  SQLUSMALLINT number = 0;
  for (const std::size_t i : order_) {
    ++number;
    if (!columns_[i].bytes) continue;
    CellBuffer& buffer = buffers_[i];
    buffer.Reserve(block_rows_, *columns_[i].bytes);
    statement_.Check(
        SQLBindCol(statement_.get(), number, buffer.transport.c_type, buffer.data.data(),
                   static_cast<SQLLEN>(buffer.stride), buffer.indicators.data()),
        "binding column " + columns_[i].name);
  }
}

// False at the end, which is SQL_NO_DATA and nothing else.
bool BlockReader::FetchBlock() {
  for (CellBuffer& buffer : buffers_) buffer.Reset();
  std::fill(status_.begin(), status_.end(), kStatusUntouched);
  fetched_ = 0;
  next_ = 0;
  const CallLimits& limits = statement_.connection().limits();
  // Some drivers execute at the first fetch: until then the source may be at work without a word.
  CallWatch watch(limits, limits.stall, rows_ > 0 ? Silence::kIsALoss : Silence::kIsAskedAbout,
                  statement_.get());
  const SQLRETURN outcome = SQLFetch(statement_.get());
  if (outcome == SQL_NO_DATA) return false;
  statement_.Check(outcome, "reading rows");
  // A driver that ignores the counter fetched a row all the same.
  if (fetched_ == 0 && block_rows_ == 1) fetched_ = 1;
  if (fetched_ == 0 || fetched_ > block_rows_) {
    throw Error(fmt::format("the driver fetched a block of {} rows and reported {}", block_rows_,
                            fetched_));
  }
  CheckStatus();
  if (in_pieces_) ReadPieces(watch);
  return true;
}

void BlockReader::CheckStatus() {
  for (std::size_t row = 0; row < fetched_; ++row) {
    switch (status_[row]) {
      case SQL_ROW_ERROR:
        statement_.Fail("reading a row");
      case SQL_ROW_DELETED:
      case SQL_ROW_NOROW:
        throw Error(fmt::format("the driver counts {} rows in a block and marks row {} as none",
                                fetched_, row + 1));
      default:
        break;
    }
  }
}

std::optional<Overflow> BlockReader::FindOverflow() const {
  Overflow overflow;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (!columns_[i].bytes) continue;
    for (std::size_t row = 0; row < fetched_; ++row) {
      if (!buffers_[i].Overflowed(row)) continue;
      overflow.columns.push_back(i);
      break;
    }
  }
  return overflow.columns.empty() ? std::nullopt : std::optional(std::move(overflow));
}

void BlockReader::ReadPieces(CallWatch& watch) {
  for (std::size_t at = 0; at < order_.size(); ++at) {
    const std::size_t i = order_[at];
    if (columns_[i].bytes) continue;
    CellBuffer& buffer = buffers_[i];
    ByteBuffer& value = pieces_[i];
    value.Clear();
    buffer.indicators.assign(1, kUntouched);
    const std::size_t room = kPieceBytes - buffer.transport.terminator;
    while (true) {
      SQLLEN indicator = kUntouched;
      char* piece = value.Extend(kPieceBytes);
      const SQLRETURN outcome = SQLGetData(statement_.get(), static_cast<SQLUSMALLINT>(at + 1),
                                           buffer.transport.c_type, piece, kPieceBytes, &indicator);
      watch.Moved();
      value.Truncate(value.size() - kPieceBytes);
      if (outcome == SQL_NO_DATA) break;
      statement_.Check(outcome, "reading column " + columns_[i].name);
      if (indicator == SQL_NULL_DATA) {
        buffer.indicators[0] = SQL_NULL_DATA;
        break;
      }
      const bool more = indicator == SQL_NO_TOTAL ||
                        (indicator >= 0 && static_cast<std::size_t>(indicator) > room);
      if (!more && indicator < 0) {
        throw Error("the driver does not say how long a value of column " + columns_[i].name +
                    " is");
      }
      value.Extend(more ? room : static_cast<std::size_t>(indicator));
      if (!more) break;
    }
    if (buffer.indicators[0] == kUntouched) {
      buffer.indicators[0] = static_cast<SQLLEN>(value.size());
    }
  }
}

void BlockReader::AppendRow(std::size_t row, RowBatch& batch) {
  batch.BeginRow();
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    try {
      if (columns_[i].bytes) {
        buffers_[i].Append(row, batch);
      } else if (buffers_[i].indicators[0] == SQL_NULL_DATA) {
        batch.AppendNull();
      } else {
        buffers_[i].transport.append(pieces_[i].data(), pieces_[i].size(), batch);
      }
    } catch (Error& error) {
      error.column = columns_[i].name;
      throw;
    }
  }
  ++rows_;
}

BlockReader::Outcome BlockReader::Read(RowBatch& batch) {
  if (!open_) throw BugError("an ODBC reader was read before it was opened");
  while (!batch.full()) {
    if (next_ >= fetched_) {
      if (!FetchBlock()) {
        Close();
        return {.more = false, .overflow = std::nullopt};
      }
      if (auto overflow = FindOverflow()) return {.more = true, .overflow = std::move(overflow)};
    }
    AppendRow(next_++, batch);
  }
  return {};
}

void BlockReader::Close() noexcept {
  statement_.Close();
  SQLFreeStmt(statement_.get(), SQL_UNBIND);
  statement_.SetAttribute(SQL_ATTR_ROW_ARRAY_SIZE, 1);
  statement_.SetAttribute(SQL_ATTR_ROW_STATUS_PTR, 0);
  statement_.SetAttribute(SQL_ATTR_ROWS_FETCHED_PTR, 0);
  open_ = false;
}

}  // namespace transload::odbc
