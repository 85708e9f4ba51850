// The shortest decimal of a double, without printing it.
#ifndef TRANSLOAD_CORE_SHORT_DECIMAL_H_
#define TRANSLOAD_CORE_SHORT_DECIMAL_H_

#include <cstdint>
#include <optional>

namespace transload {

// units / 10^scale; units does not end in a zero that the scale could do without.
struct ShortDecimal {
  std::uint64_t units = 0;
  int scale = 0;
};

constexpr int kMostShortScale = 6;
constexpr double kShortPowers[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9};

// The units of a value of zero or more at a scale of zero to six; nothing when it takes more digits
// behind the point, or has ten before it. A division of two exact numbers rounds correctly: units
// that divide to the value are a decimal of it.
inline std::optional<std::uint64_t> UnitsAt(double magnitude, int scale) {
  if (!(magnitude >= 0 && magnitude < 1e9)) return std::nullopt;
  // Below 1e15 and a half, so that it fits and is exact as a double. A wrong rounding would be
  // found out by the division. NOLINTNEXTLINE(bugprone-incorrect-roundings)
  const auto units = static_cast<std::int64_t>(magnitude * kShortPowers[scale] + 0.5);
  if (static_cast<double>(units) / kShortPowers[scale] != magnitude) return std::nullopt;
  return static_cast<std::uint64_t>(units);
}

// For a value of zero or more. Nothing when it has more than six digits behind the point or ten
// before: print it then. Two decimals of up to fifteen digits are never the same double: what is
// found is its only short decimal, the one that shortest printing finds.
inline std::optional<ShortDecimal> FindShortDecimal(double magnitude) {
  for (int scale = 0; scale <= kMostShortScale; ++scale) {
    if (const auto units = UnitsAt(magnitude, scale)) return ShortDecimal{*units, scale};
  }
  return std::nullopt;
}

}  // namespace transload

#endif  // TRANSLOAD_CORE_SHORT_DECIMAL_H_
