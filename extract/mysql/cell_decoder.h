// The binary protocol's values, read in place from the network packet into a RowBatch.
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

// A duration behind its length byte; returns where the next value begins.
const unsigned char* DecodeDuration(const unsigned char* at, RowBatch& batch);
// The length of bytes of which there are 251 or more; moves `at` behind it.
std::uint64_t LoadLongLength(const unsigned char*& at);

// A date or time behind its length byte. The wire has a CivilTime's fields in its own order, as far
// as they are not zero: they are moved in two words, because a wide read right after narrow writes
// makes the processor wait.
inline const unsigned char* DecodeCivil(const unsigned char* at, RowBatch& batch) {
  static_assert(offsetof(CivilTime, month) == 2 && offsetof(CivilTime, second) == 6 &&
                offsetof(CivilTime, nanos) == 8);
  const auto load = [](const unsigned char* from) {
    std::uint32_t word;
    std::memcpy(&word, from, sizeof word);
    return word;
  };
  const unsigned size = *at++;
  std::uint64_t fields = size >= 4 ? load(at) : 0;
  if (size >= 7) fields |= std::uint64_t{load(at + 3)} << 24;
  const std::uint32_t nanos = size >= 11 ? load(at + 7) * 1000 : 0;
  char* to = batch.AppendCell(sizeof(CivilTime));
  std::memcpy(to, &fields, sizeof fields);
  std::memcpy(to + sizeof fields, &nanos, sizeof nanos);
  return at + size;
}

// Appends the value at `at` and returns where the next one begins. Inline: it runs once per cell.
[[gnu::always_inline]] inline const unsigned char* DecodeCell(WireForm form,
                                                              const unsigned char* at,
                                                              RowBatch& batch) {
  switch (form) {
    case WireForm::kFixed1:
      std::memcpy(batch.AppendCell(1), at, 1);
      return at + 1;
    case WireForm::kFixed2:
      std::memcpy(batch.AppendCell(2), at, 2);
      return at + 2;
    case WireForm::kFixed4:
      std::memcpy(batch.AppendCell(4), at, 4);
      return at + 4;
    case WireForm::kFixed8:
      std::memcpy(batch.AppendCell(8), at, 8);
      return at + 8;
    case WireForm::kBytes: {
      const std::uint64_t size = *at < 0xFB ? *at++ : LoadLongLength(at);
      CopyBytes(batch.AppendCell(static_cast<std::uint32_t>(size)), at, size);
      return at + size;
    }
    case WireForm::kCivil:
      return DecodeCivil(at, batch);
    case WireForm::kDuration:
      return DecodeDuration(at, batch);
  }
  return at;
}

}  // namespace transload::mysql

#endif  // TRANSLOAD_EXTRACT_MYSQL_CELL_DECODER_H_
