#include "verify/row_key.h"

namespace transload {

void AppendCanonicalField(const Cell& field, const PgType& type, ByteBuffer& out) {
  if (field.null) {
    StoreBe32(out.Extend(4), 0xFFFFFFFFu);
    return;
  }
  const std::size_t frame = out.size();
  out.Extend(4);
  AppendCanonical(field.view(), type, out);
  StoreBe32(out.data() + frame, static_cast<std::uint32_t>(out.size() - frame - 4));
}

void AppendRowKey(std::string_view fields, const BoundTable& table, ByteBuffer& out) {
  CellCursor cursor(fields);
  std::size_t next = 0;
  for (std::size_t column : table.key_columns()) {  // ascending
    for (; next < column; ++next) cursor.Next();
    AppendCanonicalField(cursor.Next(), table.targets()[column].type, out);
    ++next;
  }
}

}  // namespace transload
