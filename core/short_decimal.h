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

// For a value of zero or more. Nothing when it has more than six digits behind the point or ten
// before: print it then. Two decimals of up to fifteen digits are never the same double, and a
// division of two exact numbers rounds correctly: what divides to the value is its only short
// decimal, the one that shortest printing finds.
inline std::optional<ShortDecimal> FindShortDecimal(double magnitude) {
  constexpr double kPowers[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6};
  if (!(magnitude >= 0 && magnitude < 1e9)) return std::nullopt;
  for (int scale = 0; scale < 7; ++scale) {
    // Below 1e15 and a half, so that it fits and is exact as a double. A wrong rounding would be
    // found out by the division. NOLINTNEXTLINE(bugprone-incorrect-roundings)
    const auto units = static_cast<std::int64_t>(magnitude * kPowers[scale] + 0.5);
    if (static_cast<double>(units) / kPowers[scale] == magnitude) {
      return ShortDecimal{static_cast<std::uint64_t>(units), scale};
    }
  }
  return std::nullopt;
}

}  // namespace transload

#endif  // TRANSLOAD_CORE_SHORT_DECIMAL_H_
