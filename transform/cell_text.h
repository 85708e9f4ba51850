// Values of cells as text: what they become in a text column, and in reports.
#ifndef TRANSLOAD_TRANSFORM_CELL_TEXT_H_
#define TRANSLOAD_TRANSFORM_CELL_TEXT_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "core/cell.h"

namespace transload {

// "2024-05-06" or "2024-05-06 07:08:09.123"; `precision` digits of a fraction, -1: as many as say
// something. Impossible dates are written as they are.
void AppendCivil(std::string& out, const CivilTime& time, bool date_only, std::int32_t precision);
// "[-]HH:MM:SS[.fraction]"
void AppendDuration(std::string& out, std::int64_t nanos, std::int32_t precision);
// The shortest text that reads back as the same float; "NaN", "Infinity", "-Infinity".
void AppendFloat(std::string& out, double value);
void AppendFloat(std::string& out, float value);
// The last `width` bits, or all of them when width is not positive.
void AppendBits(std::string& out, std::string_view big_endian, std::int64_t width);
void AppendUuid(std::string& out, std::string_view bytes);
void AppendVector(std::string& out, std::string_view floats);

}  // namespace transload

#endif  // TRANSLOAD_TRANSFORM_CELL_TEXT_H_
