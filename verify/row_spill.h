// Rows put aside by a hash, in memory while they are few and in a temporary file else, so that any
// number of them can be looked at a part at a time.
//
// A record is the number of its row (8 bytes, in the order of Add), two big-endian int32 lengths,
// the row's fields and the source's cells; records of one part lie together in chunks. A chunk is
// written when it has kChunkBytes; a larger row makes a chunk of its own.
#ifndef TRANSLOAD_VERIFY_ROW_SPILL_H_
#define TRANSLOAD_VERIFY_ROW_SPILL_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "verify/temporary_file.h"

namespace transload {

// Views are valid during the call that hands the row over.
struct SpilledRow {
  std::uint64_t number = 0;
  std::string_view fields;
  std::string_view cells;  // empty on the target's side
};

// One thread.
class RowSpill {
 public:
  static constexpr std::size_t kParts = 256;
  // 4 to 8 MiB in all parts.
  static constexpr std::size_t kChunkBytes = std::size_t{16} << 10;

  void Add(std::size_t part, std::string_view fields, std::string_view cells);
  // Writes what is held in memory.
  void Flush();

  std::uint64_t rows(std::size_t part) const { return parts_[part].rows; }
  std::uint64_t bytes(std::size_t part) const { return parts_[part].bytes; }
  // Rows in the order in which they were added.
  void Read(std::size_t part, const std::function<void(const SpilledRow&)>& sink) const;
  bool in_one_part() const;  // all rows
  std::uint64_t rows() const { return rows_; }
  std::uint64_t bytes() const { return bytes_; }
  std::uint64_t file_bytes() const { return file_.size(); }

 private:
  struct Chunk {
    std::uint64_t at;
    std::size_t bytes;
  };
  struct Part {
    std::string held;  // not yet written
    std::vector<Chunk> chunks;
    std::uint64_t rows = 0;
    std::uint64_t bytes = 0;
  };

  void Write(Part& part);

  std::array<Part, kParts> parts_;
  std::uint64_t rows_ = 0;  // of all parts
  std::uint64_t bytes_ = 0;
  TemporaryFile file_;
};

}  // namespace transload

#endif  // TRANSLOAD_VERIFY_ROW_SPILL_H_
