// One bound encoder: cells of one column in, framed binary COPY fields out.
//
// An encoder is a pair of a source reading and a target writing, put together at compile time
// (bind_source.h). To add a target type: a class with one Put(EncodeContext&, value) per kind of
// source value it takes (cell_values.h), and a Make function here.
#ifndef TRANSLOAD_TRANSFORM_FIELD_ENCODER_H_
#define TRANSLOAD_TRANSFORM_FIELD_ENCODER_H_

#include <memory>

#include "core/cell.h"
#include "core/pg_type.h"
#include "core/plan.h"
#include "transform/encode_context.h"

namespace transload {

// Immutable after construction.
class FieldEncoder {
 public:
  virtual ~FieldEncoder() = default;
  // Writes the field of a cell that is not NULL. False when it cannot: the context says why, and
  // what was written is void.
  virtual bool Encode(EncodeContext& context, const Cell& cell) const = 0;
  // Of which cells the field is their bytes, so that nobody needs to call Encode.
  enum class Copies { kNone, kGoodText, kAll };
  virtual Copies CopiesCells() const { return Copies::kNone; }
};
using EncoderPtr = std::unique_ptr<const FieldEncoder>;

// What an encoder is bound to. `format` is the column's, or that of one class of a dynamic column.
struct Binding {
  const ColumnPlan& column;
  const TargetColumn& target;
  CellFormat format;

  const PgType& type() const { return target.type; }
  const Policies& policies() const { return column.policies; }
  const SourceColumn& source() const { return column.source; }
  // ENUM values that arrive as their index.
  bool enum_index() const {
    return format == CellFormat::kUnsigned && source().type == "enum" && !source().labels.empty();
  }
};

// The encoder of a binding, or null when there is none.
EncoderPtr MakeEncoder(const Binding& binding);

// --- by target; each returns null for a source it cannot take
EncoderPtr MakeBoolEncoder(const Binding& binding);
EncoderPtr MakeIntegerEncoder(const Binding& binding);
EncoderPtr MakeFloatEncoder(const Binding& binding);
EncoderPtr MakeNumericEncoder(const Binding& binding);
EncoderPtr MakeTextEncoder(const Binding& binding);
EncoderPtr MakeEnumEncoder(const Binding& binding);
EncoderPtr MakeByteaEncoder(const Binding& binding);
EncoderPtr MakeDateEncoder(const Binding& binding);
EncoderPtr MakeTimestampEncoder(const Binding& binding);
EncoderPtr MakeTimeEncoder(const Binding& binding);
EncoderPtr MakeIntervalEncoder(const Binding& binding);
EncoderPtr MakeUuidEncoder(const Binding& binding);
EncoderPtr MakeJsonEncoder(const Binding& binding);
EncoderPtr MakeBitEncoder(const Binding& binding);
EncoderPtr MakeInetEncoder(const Binding& binding);
EncoderPtr MakeMacaddrEncoder(const Binding& binding);
EncoderPtr MakeArrayEncoder(const Binding& binding);
EncoderPtr MakePointEncoder(const Binding& binding);
EncoderPtr MakeGeometryEncoder(const Binding& binding);
EncoderPtr MakeVectorEncoder(const Binding& binding);
// --- by source
EncoderPtr MakeDynamicEncoder(const Binding& binding);
EncoderPtr MakePassThroughEncoder(const Binding& binding);

}  // namespace transload

#endif  // TRANSLOAD_TRANSFORM_FIELD_ENCODER_H_
