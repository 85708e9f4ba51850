// PostGIS's EWKB in one byte order, so that equal geometries have equal bytes.
#ifndef TRANSLOAD_TRANSFORM_EWKB_H_
#define TRANSLOAD_TRANSFORM_EWKB_H_

#include <cstdint>
#include <string_view>

#include "core/row_batch.h"

namespace transload {

// Appends `ewkb` little-endian, its SRID on the outermost geometry only, one NaN and one zero.
// `default_srid` is taken where it has none: a column's declared SRID, which PostGIS stamps on.
// False when it is no EWKB of a known type; what was appended is void then.
bool AppendCanonicalEwkb(std::string_view ewkb, std::uint32_t default_srid, ByteBuffer& out);

// "geometry(Point,4326)" to 4326; 0 when none is declared.
std::uint32_t DeclaredSrid(std::string_view type_name);

}  // namespace transload

#endif  // TRANSLOAD_TRANSFORM_EWKB_H_
