// Binary COPY fields as PostgreSQL prints them (DateStyle ISO, IntervalStyle postgres, UTC).
#ifndef TRANSLOAD_TRANSFORM_RENDER_FIELD_H_
#define TRANSLOAD_TRANSFORM_RENDER_FIELD_H_

#include <string>
#include <string_view>

#include "core/pg_type.h"

namespace transload {

// Appends the whole text. False when the bytes are no field of the type, or the type's text is not
// known here; what was appended is void then.
bool AppendFieldText(std::string& out, std::string_view field, const PgType& type);

// "-12345.678" of a NUMERIC's payload.
bool AppendNumericText(std::string& out, std::string_view field);

}  // namespace transload

#endif  // TRANSLOAD_TRANSFORM_RENDER_FIELD_H_
