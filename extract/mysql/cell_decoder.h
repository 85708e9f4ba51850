// The binary protocol's rows, read in place from the network packet into a RowBatch. No value is
// believed to be longer than the packet: whatever the server says, nothing behind it is read.
//
// https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_binary_resultset.html
// Integers and floats stand in their natural width, little-endian; dates and times behind a length
// byte, shortened when trailing parts are zero; everything else behind a length-encoded integer.
#ifndef TRANSLOAD_EXTRACT_MYSQL_CELL_DECODER_H_
#define TRANSLOAD_EXTRACT_MYSQL_CELL_DECODER_H_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>

#include "core/byte_copy.h"
#include "core/cell.h"
#include "core/row_batch.h"

namespace transload::mysql {

enum class WireForm : std::uint8_t {
  kFixed1,
  kFixed2,
  kFixed4,
  kFixed8,
  kBytes,
  kCivil,
  kDuration
};

// How a field of this type code stands in a row, and the formats it may serve.
struct WireType {
  WireForm form = WireForm::kBytes;
  // The one format that the bytes have; nothing when they are bytes, which may mean many.
  std::optional<CellFormat> format;
};
// `type` is MySQL's field type code.
WireType WireTypeOf(int type, bool is_unsigned);

// Where cells go whose room was reserved for the whole row at once.
class CellWriter {
 public:
  explicit CellWriter(char* to) : to_(to) {}
  void AppendNull() {
    StoreBe32(to_, 0xFFFFFFFFu);
    to_ += 4;
  }
  char* AppendCell(std::uint32_t size) {
    StoreBe32(to_, size);
    char* cell = to_ + 4;
    to_ = cell + size;
    return cell;
  }
  char* end() const { return to_; }

 private:
  char* to_;
};

// A duration of `size` bytes in nanoseconds.
std::int64_t DurationNanos(const unsigned char* at, unsigned size);

// A length-encoded integer of 251 or more, whose first byte stands before `at`, in a packet that
// goes on for `room` bytes from that byte; moves `at` behind it. False: the packet ends first, or
// it is none.
bool LoadLongLength(const unsigned char*& at, std::size_t room, std::uint64_t& length);

// The `size` bytes of a date or time. The wire has a CivilTime's fields in its own order, as far
// as they are not zero: they are moved in two words, because a wide read right after narrow writes
// makes the processor wait.
inline void DecodeCivil(const unsigned char* at, unsigned size, char* to) {
  static_assert(offsetof(CivilTime, month) == 2 && offsetof(CivilTime, second) == 6 &&
                offsetof(CivilTime, nanos) == 8);
  const auto load = [](const unsigned char* from) {
    std::uint32_t word;
    std::memcpy(&word, from, sizeof word);
    return word;
  };
  std::uint64_t fields = size >= 4 ? load(at) : 0;
  if (size >= 7) fields |= std::uint64_t{load(at + 3)} << 24;
  const std::uint32_t nanos = size >= 11 ? load(at + 7) * 1000 : 0;
  std::memcpy(to, &fields, sizeof fields);
  std::memcpy(to + sizeof fields, &nanos, sizeof nanos);
}

// Appends the value at `at`, in a packet that goes on for `room` bytes, to a RowBatch or a
// CellWriter, and returns where the next one begins; nullptr when the packet ends within it.
// Inline: it runs once per cell.
template <typename Cells>
[[gnu::always_inline]] inline const unsigned char* DecodeCell(WireForm form,
                                                              const unsigned char* at,
                                                              std::size_t room, Cells& cells) {
  const auto fixed = [&](auto word) -> const unsigned char* {
    if (room < sizeof word) return nullptr;
    std::memcpy(cells.AppendCell(sizeof word), at, sizeof word);
    return at + sizeof word;
  };
  switch (form) {
    case WireForm::kFixed1:
      return fixed(std::uint8_t{});
    case WireForm::kFixed2:
      return fixed(std::uint16_t{});
    case WireForm::kFixed4:
      return fixed(std::uint32_t{});
    case WireForm::kFixed8:
      return fixed(std::uint64_t{});
    case WireForm::kBytes: {
      if (room == 0) return nullptr;
      const unsigned char* value = at + 1;
      std::uint64_t size = *at;
      if (size > 0xFA && !LoadLongLength(value, room, size)) return nullptr;
      if (room - static_cast<std::size_t>(value - at) < size) return nullptr;
      // A packet's length is a number of 32 bits: so is what fits into it.
      CopyBytes(cells.AppendCell(static_cast<std::uint32_t>(size)), value, size);
      return value + size;
    }
    case WireForm::kCivil: {
      if (room == 0 || room <= *at) return nullptr;
      DecodeCivil(at + 1, *at, cells.AppendCell(sizeof(CivilTime)));
      return at + 1 + *at;
    }
    case WireForm::kDuration: {
      if (room == 0 || room <= *at) return nullptr;
      const std::int64_t nanos = DurationNanos(at + 1, *at);
      std::memcpy(cells.AppendCell(sizeof nanos), &nanos, sizeof nanos);
      return at + 1 + *at;
    }
  }
  return nullptr;
}

// Appends the cells of a row's packet, whose columns have these forms, to the row that the caller
// has begun; false when they do not fill the packet to its end.
inline bool DecodeRow(std::span<const WireForm> forms, const unsigned char* packet,
                      std::size_t size, RowBatch& batch) {
  // A byte that says that this is a row, then a bit per column, of which the first two are unused.
  constexpr std::size_t kUnusedBits = 2;
  const unsigned char* nulls = packet + 1;
  const std::size_t head = 1 + (forms.size() + kUnusedBits + 7) / 8;
  if (size < head) return false;
  const unsigned char* at = packet + head;
  const unsigned char* end = packet + size;
  constexpr std::size_t kFrame = 4;
  CellWriter cells(batch.Reserve(size + forms.size() * (kFrame + sizeof(CivilTime))));
  std::size_t bit = kUnusedBits;
  for (WireForm form : forms) {
    if ((nulls[bit / 8] >> bit % 8 & 1) != 0) {
      cells.AppendNull();
    } else {
      at = DecodeCell(form, at, static_cast<std::size_t>(end - at), cells);
      if (at == nullptr) return false;
    }
    ++bit;
  }
  batch.Commit(cells.end());
  return at == end;
}

}  // namespace transload::mysql

#endif  // TRANSLOAD_EXTRACT_MYSQL_CELL_DECODER_H_
