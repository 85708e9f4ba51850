#include "transform/ewkb.h"

#include <charconv>
#include <cstring>

namespace transload {
namespace {

constexpr std::uint32_t kHasZ = 0x80000000u;
constexpr std::uint32_t kHasM = 0x40000000u;
constexpr std::uint32_t kHasSrid = 0x20000000u;
constexpr int kMaxDepth = 64;

class EwkbReader {
 public:
  EwkbReader(std::string_view bytes, ByteBuffer& out) : rest_(bytes), out_(out) {}

  bool done() const { return rest_.empty(); }

  // `srid` is null inside of another geometry.
  bool Geometry(const std::uint32_t* default_srid, int depth) {
    if (rest_.empty() || depth > kMaxDepth) return false;
    const char order = rest_.front();
    if (order != 0 && order != 1) return false;
    swap_ = order == 0;
    rest_.remove_prefix(1);
    std::uint32_t type = 0;
    if (!Read32(type)) return false;
    std::uint32_t srid = 0;
    if ((type & kHasSrid) != 0 && !Read32(srid)) return false;
    if (default_srid != nullptr && srid == 0) srid = *default_srid;
    const std::uint32_t flags = type & (kHasZ | kHasM);
    const std::uint32_t kind = type & ~(kHasZ | kHasM | kHasSrid);
    const bool with_srid = default_srid != nullptr && srid != 0;
    *out_.Extend(1) = 1;
    Write32(kind | flags | (with_srid ? kHasSrid : 0));
    if (with_srid) Write32(srid);
    const std::size_t doubles = 2 + ((flags & kHasZ) != 0) + ((flags & kHasM) != 0);
    return Body(kind, doubles, depth);
  }

 private:
  bool Body(std::uint32_t kind, std::size_t doubles, int depth) {
    std::uint32_t count = 0;
    switch (kind) {
      case 1:  // Point
        return Doubles(doubles);
      case 2:  // LineString
      case 8:  // CircularString
        return Read32(count) && Copied32(count) && Doubles(doubles * count);
      case 3:   // Polygon
      case 17:  // Triangle
        if (!Read32(count)) return false;
        Write32(count);
        for (std::uint32_t i = 0; i < count; ++i) {
          std::uint32_t points = 0;
          if (!Read32(points) || !Copied32(points) || !Doubles(doubles * points)) return false;
        }
        return true;
      case 4:   // MultiPoint
      case 5:   // MultiLineString
      case 6:   // MultiPolygon
      case 7:   // GeometryCollection
      case 9:   // CompoundCurve
      case 10:  // CurvePolygon
      case 11:  // MultiCurve
      case 12:  // MultiSurface
      case 15:  // PolyhedralSurface
      case 16:  // Tin
        if (!Read32(count)) return false;
        Write32(count);
        for (std::uint32_t i = 0; i < count; ++i) {
          if (!Geometry(nullptr, depth + 1)) return false;
        }
        return true;
      default:
        return false;
    }
  }

  bool Read32(std::uint32_t& value) {
    if (rest_.size() < 4) return false;
    std::memcpy(&value, rest_.data(), 4);
    if (swap_) value = __builtin_bswap32(value);
    rest_.remove_prefix(4);
    return true;
  }
  void Write32(std::uint32_t value) { std::memcpy(out_.Extend(4), &value, 4); }
  bool Copied32(std::uint32_t value) {
    Write32(value);
    return true;
  }
  bool Doubles(std::size_t count) {
    if (rest_.size() / 8 < count) return false;
    char* to = out_.Extend(8 * count);
    for (std::size_t i = 0; i < count; ++i) {
      std::uint64_t bits;
      std::memcpy(&bits, rest_.data() + 8 * i, 8);
      if (swap_) bits = __builtin_bswap64(bits);
      if ((bits & 0x7FFFFFFFFFFFFFFFu) > 0x7FF0000000000000u) bits = 0x7FF8000000000000u;
      if (bits == 0x8000000000000000u) bits = 0;
      std::memcpy(to + 8 * i, &bits, 8);
    }
    rest_.remove_prefix(8 * count);
    return true;
  }

  std::string_view rest_;
  ByteBuffer& out_;
  bool swap_ = false;
};

}  // namespace

bool AppendCanonicalEwkb(std::string_view ewkb, std::uint32_t default_srid, ByteBuffer& out) {
  EwkbReader reader(ewkb, out);
  return reader.Geometry(&default_srid, 0) && reader.done();
}

std::uint32_t DeclaredSrid(std::string_view type_name) {
  const std::size_t comma = type_name.rfind(',');
  if (comma == type_name.npos) return 0;
  std::string_view digits = type_name.substr(comma + 1);
  while (digits.starts_with(' ')) digits.remove_prefix(1);
  std::uint32_t srid = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), srid);
  return srid;
}

}  // namespace transload
