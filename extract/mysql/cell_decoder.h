// The binary protocol's values, read in place from the network packet into a RowBatch.
//
// https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_binary_resultset.html
// Integers and floats stand in their natural width, little-endian; dates and times behind a length
// byte, shortened when trailing parts are zero; everything else behind a length-encoded integer.
#ifndef TRANSLOAD_EXTRACT_MYSQL_CELL_DECODER_H_
#define TRANSLOAD_EXTRACT_MYSQL_CELL_DECODER_H_

#include <cstdint>
#include <optional>

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

// Appends the value at `at` and returns where the next one begins.
const unsigned char* DecodeCell(WireForm form, const unsigned char* at, RowBatch& batch);

}  // namespace transload::mysql

#endif  // TRANSLOAD_EXTRACT_MYSQL_CELL_DECODER_H_
