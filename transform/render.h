// Values as a person reads them: for reject files, samples of coerced values, messages and
// differences found by verify. Not a round-trip format: long values are cut, with their length.
#ifndef TRANSLOAD_TRANSFORM_RENDER_H_
#define TRANSLOAD_TRANSFORM_RENDER_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "core/cell.h"
#include "core/pg_type.h"
#include "core/source_schema.h"

namespace transload {

// Values longer than this are cut and end in "… (N bytes)".
inline constexpr std::size_t kRenderBytes = 256;

// A source's value: text as it is (bytes that are not UTF-8 as \xHH), bytes as hex with \x, dates
// and times as ISO text, an ENUM index as its label. NULL is "NULL".
std::string RenderCell(const Cell& cell, const SourceColumn& column);

// The payload of a binary COPY field as PostgreSQL would print it. Bytes that are not a valid field
// of the type are shown as hex.
std::string RenderField(std::string_view field, const PgType& type);

}  // namespace transload

#endif  // TRANSLOAD_TRANSFORM_RENDER_H_
