// A row's key as bytes that are equal where the keys are, on either side.
#ifndef TRANSLOAD_VERIFY_ROW_KEY_H_
#define TRANSLOAD_VERIFY_ROW_KEY_H_

#include <string_view>

#include "core/cell.h"
#include "core/row_batch.h"
#include "transform/bound_table.h"

namespace transload {

// One field in its canonical form, framed.
void AppendCanonicalField(const Cell& field, const PgType& type, ByteBuffer& out);
// The key's fields so, of a row's framed fields; nothing without a key.
void AppendRowKey(std::string_view fields, const BoundTable& table, ByteBuffer& out);

}  // namespace transload

#endif  // TRANSLOAD_VERIFY_ROW_KEY_H_
