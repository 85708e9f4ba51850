// What a field encoder works with: where its field goes, and where it says what it found.
#ifndef TRANSLOAD_TRANSFORM_ENCODE_CONTEXT_H_
#define TRANSLOAD_TRANSFORM_ENCODE_CONTEXT_H_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/byte_copy.h"
#include "core/cell.h"
#include "core/copy_block.h"
#include "core/row_batch.h"
#include "core/source_schema.h"

namespace transload {

inline void StoreBe16(char* to, std::uint16_t value) {
  value = __builtin_bswap16(value);
  std::memcpy(to, &value, sizeof value);
}
inline void StoreBe64(char* to, std::uint64_t value) {
  value = __builtin_bswap64(value);
  std::memcpy(to, &value, sizeof value);
}
inline std::uint16_t LoadBe16(const char* from) {
  std::uint16_t value;
  std::memcpy(&value, from, sizeof value);
  return __builtin_bswap16(value);
}
inline std::uint64_t LoadBe64(const char* from) {
  std::uint64_t value;
  std::memcpy(&value, from, sizeof value);
  return __builtin_bswap64(value);
}

// The column that a cell is in.
struct EncodedColumn {
  const SourceColumn* source;
  std::uint32_t number;  // from 0
  bool not_null;
};

// One per thread and batch. The Put functions write a whole field, length included, and return
// true, so that an encoder ends in `return context.Put…(…)`.
class EncodeContext {
 public:
  // Room promised per field: this many bytes and as many as the cell has. An encoder that may write
  // more calls Reserve first.
  static constexpr std::size_t kFieldBytes = 64;
  // Longest field that PostgreSQL accepts inside a tuple: 1 GiB less the headers of palloc chunk,
  // tuple and varlena (tried: 1,073,741,723 passes, 1,073,741,818 does not).
  static constexpr std::size_t kMaxFieldBytes = 1'073'741'723;

  explicit EncodeContext(CopyBlock& target) : block(target) {}

  // --- writing
  void Reserve(std::size_t extra) {
    const std::size_t position = static_cast<std::size_t>(at - block.bytes.data());
    block.bytes.Extend(extra);
    at = block.bytes.data() + position;
  }
  bool PutByte(std::uint8_t value) {
    StoreBe32(at, 1);
    at[4] = static_cast<char>(value);
    at += 5;
    return true;
  }
  bool Put16(std::uint16_t value) {
    StoreBe32(at, 2);
    StoreBe16(at + 4, value);
    at += 6;
    return true;
  }
  bool Put32(std::uint32_t value) {
    StoreBe32(at, 4);
    StoreBe32(at + 4, value);
    at += 8;
    return true;
  }
  bool Put64(std::uint64_t value) {
    StoreBe32(at, 8);
    StoreBe64(at + 4, value);
    at += 12;
    return true;
  }
  // Within the room promised for the cell.
  bool PutBytes(std::string_view bytes) {
    StoreBe32(at, static_cast<std::uint32_t>(bytes.size()));
    CopyBytes(at + 4, bytes.data(), bytes.size());
    at += 4 + bytes.size();
    return true;
  }
  // Bytes that may be more than the room promised.
  bool PutLongBytes(std::string_view bytes) {
    Reserve(bytes.size());
    return PutBytes(bytes);
  }
  std::size_t offset() const { return static_cast<std::size_t>(at - block.bytes.data()); }
  bool PutNull() {
    if (column->not_null) {
      null_by_policy = true;
      return Fault("a policy makes it NULL, but the target column is NOT NULL");
    }
    StoreBe32(at, 0xFFFFFFFFu);
    at += 4;
    return true;
  }

  // --- saying what was found; the first two return false
  bool Fault(std::string why) {
    reason = std::move(why);
    misfit = false;
    return false;
  }
  // A value that a wider type would hold.
  bool Misfit(std::string why) {
    reason = std::move(why);
    misfit = true;
    return false;
  }
  // `rule` must outlive the batch: a literal, or a string of the encoder.
  void Coerced(std::string_view rule);
  // A row begins: what was coerced so far is final.
  void KeepCoercions() { row_coercions_.clear(); }
  // The row was left out, and with it what was coerced in it.
  void TakeBackCoercions();
  // The cell being encoded, as a reader would write it.
  std::string Shown() const;

  CopyBlock& block;
  char* at = nullptr;
  // --- the cell at hand
  const EncodedColumn* column = nullptr;
  Cell cell;
  // --- its fault
  std::string reason;
  bool misfit = false;
  bool null_by_policy = false;
  // --- scratch of the encoders, kept from row to row
  std::string text;     // repaired or converted text
  std::string utf16;    // text that came as UTF-16
  std::string decimal;  // a number written out
  ByteBuffer canonical;

 private:
  struct Counter {
    std::uint32_t column;
    const char* rule;
    Coercion* coercion;
  };
  std::vector<Counter> counters_;
  // Those of the row at hand, and whether each left a sample.
  std::vector<std::pair<Coercion*, bool>> row_coercions_;
};

}  // namespace transload

#endif  // TRANSLOAD_TRANSFORM_ENCODE_CONTEXT_H_
