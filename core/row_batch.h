// A batch of rows on its way from a source to the encoders.
//
// Bytes: each row is its cells in column order, each cell framed as PostgreSQL's binary COPY frames
// a field: a big-endian int32 length, or -1 for NULL, then that many bytes. There is no per-row
// header. Because the frame is COPY's own, rows of a PostgreSQL source pass through untouched.
//
// A batch is filled by one thread (Begin/Append*/End), then read by one thread. Storage is kept
// across Clear(), so a warm lane does not allocate; storage far beyond the usual size, left behind
// by a huge row, is given back.
#ifndef TRANSLOAD_CORE_ROW_BATCH_H_
#define TRANSLOAD_CORE_ROW_BATCH_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "core/cell.h"

namespace transload {

// A byte buffer that grows without filling new space with zeros.
//
// It begins at a place of its own within a page. malloc gives all large blocks the same one, so
// that a buffer and the copy of it in libpq's or the next step's are a header of 2 or 5 bytes
// apart, as places in pages go. A copy that goes 1 to 15 bytes forward in this sense by `rep
// movsb`, which is what the C library takes for more than 2 KiB, has a fifteenth of its speed on
// AMD's Zen.
class ByteBuffer {
 public:
  explicit ByteBuffer(std::size_t place_in_page = 0) : place_in_page_(place_in_page) {}

  char* data() { return data_; }
  const char* data() const { return data_; }
  std::size_t size() const { return size_; }
  std::size_t capacity() const { return capacity_; }
  std::string_view view() const { return {data_, size_}; }

  // Makes room for `bytes` more and returns where they start; they count as content at once.
  char* Extend(std::size_t bytes) {
    if (capacity_ - size_ < bytes) Grow(bytes);
    char* start = data_ + size_;
    size_ += bytes;
    return start;
  }
  // Makes room for `bytes` more and returns where they would start; EndAt tells how many were used.
  char* Reserve(std::size_t bytes) {
    if (capacity_ - size_ < bytes) Grow(bytes);
    return data_ + size_;
  }
  void EndAt(const char* end) { size_ = static_cast<std::size_t>(end - data_); }
  void Append(const void* bytes, std::size_t size);
  void Append(std::string_view bytes) { Append(bytes.data(), bytes.size()); }
  // Cuts back to `size` bytes, which must not be more than there are.
  void Truncate(std::size_t size) { size_ = size; }
  // Empties the buffer; gives the storage back when it has grown beyond `keep_bytes`.
  void Clear(std::size_t keep_bytes = kKeepBytes);

  static constexpr std::size_t kKeepBytes = std::size_t{4} << 20;

 private:
  void Grow(std::size_t bytes);

  std::unique_ptr<char[]> storage_;
  char* data_ = nullptr;
  std::size_t place_in_page_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

inline void StoreBe32(char* to, std::uint32_t value) {
  value = __builtin_bswap32(value);
  __builtin_memcpy(to, &value, sizeof value);
}
inline std::uint32_t LoadBe32(const char* from) {
  std::uint32_t value;
  __builtin_memcpy(&value, from, sizeof value);
  return __builtin_bswap32(value);
}

class RowBatch {
 public:
  // A reader stops adding rows when a batch has reached this size.
  static constexpr std::size_t kTargetBytes = std::size_t{256} << 10;

  void Clear() {
    bytes_.Clear();
    row_starts_.clear();
  }

  // --- filling: BeginRow, one Append* per column, and so on.
  void BeginRow() { row_starts_.push_back(bytes_.size()); }
  void AppendNull() { StoreBe32(bytes_.Extend(4), 0xFFFFFFFFu); }
  // Returns where the cell's `size` bytes are to be written.
  char* AppendCell(std::uint32_t size) {
    char* frame = bytes_.Extend(4 + std::size_t{size});
    StoreBe32(frame, size);
    return frame + 4;
  }
  void AppendCell(const void* data, std::uint32_t size) {
    __builtin_memcpy(AppendCell(size), data, size);
  }
  void AppendCell(std::string_view bytes) {
    AppendCell(bytes.data(), static_cast<std::uint32_t>(bytes.size()));
  }
  // Room for framed cells of the row begun last; Commit says where those written there end.
  char* Reserve(std::size_t bytes) { return bytes_.Reserve(bytes); }
  void Commit(const char* end) { bytes_.EndAt(end); }
  // Cells that already carry COPY's frame, all those of one row.
  void AppendFramedRow(std::string_view cells) {
    BeginRow();
    bytes_.Append(cells);
  }
  // Takes back the row begun last.
  void AbandonRow() {
    bytes_.Truncate(row_starts_.back());
    row_starts_.pop_back();
  }
  bool full() const { return bytes_.size() >= kTargetBytes; }

  // --- reading
  std::size_t rows() const { return row_starts_.size(); }
  std::size_t bytes() const { return bytes_.size(); }
  // The framed cells of a row.
  std::string_view Row(std::size_t row) const {
    std::size_t end = row + 1 < row_starts_.size() ? row_starts_[row + 1] : bytes_.size();
    return {bytes_.data() + row_starts_[row], end - row_starts_[row]};
  }

 private:
  ByteBuffer bytes_{1024};  // its place in a page
  std::vector<std::size_t> row_starts_;
};

// Walks the framed cells of one row, left to right.
class CellCursor {
 public:
  explicit CellCursor(std::string_view row) : at_(row.data()), end_(row.data() + row.size()) {}

  bool done() const { return at_ == end_; }
  Cell Next() {
    std::uint32_t size = LoadBe32(at_);
    at_ += 4;
    if (size == 0xFFFFFFFFu) return {};
    Cell cell{at_, size, false};
    at_ += size;
    return cell;
  }

 private:
  const char* at_;
  const char* end_;
};

}  // namespace transload

#endif  // TRANSLOAD_CORE_ROW_BATCH_H_
