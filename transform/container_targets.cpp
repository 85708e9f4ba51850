// Arrays, points, PostGIS geometry and pgvector.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/hex.h"
#include "transform/bind_source.h"
#include "transform/cell_text.h"
#include "transform/text_rules.h"

namespace transload {
namespace {

// int32 dimensions, int32 has nulls, uint32 element type, then per dimension int32 size and int32
// lower bound. An empty array has no dimension.
char* PutArrayHeader(char* at, std::uint32_t element_oid, std::size_t size) {
  StoreBe32(at, size == 0 ? 0 : 1);
  StoreBe32(at + 4, 0);
  StoreBe32(at + 8, element_oid);
  if (size == 0) return at + 12;
  StoreBe32(at + 12, static_cast<std::uint32_t>(size));
  StoreBe32(at + 16, 1);
  return at + 20;
}

// A MySQL SET, "a,b" in the order of its definition, as text[]. Members cannot hold commas; '' is
// the empty set.
class SetTarget {
 public:
  explicit SetTarget(const Binding& binding)
      : rules_(binding.column), element_oid_(binding.target.element_oid) {}

  bool Put(EncodeContext& context, TextValue v) const {
    std::string_view text = v.text;
    if (!rules_.Clean(context, text)) return false;
    const std::size_t size =
        text.empty() ? 0 : 1 + static_cast<std::size_t>(std::count(text.begin(), text.end(), ','));
    context.Reserve(4 * size + text.size());
    char* const field = context.at;
    char* at = PutArrayHeader(field + 4, element_oid_, size);
    for (std::size_t i = 0; i < size; ++i) {
      const std::string_view member = text.substr(0, text.find(','));
      StoreBe32(at, static_cast<std::uint32_t>(member.size()));
      if (!member.empty()) std::memcpy(at + 4, member.data(), member.size());
      at += 4 + member.size();
      text.remove_prefix(std::min(member.size() + 1, text.size()));
    }
    StoreBe32(field, static_cast<std::uint32_t>(at - field - 4));
    context.at = at;
    return true;
  }

 private:
  TextRules rules_;
  std::uint32_t element_oid_;
};

class RealArrayTarget {
 public:
  explicit RealArrayTarget(const Binding& binding) : element_oid_(binding.target.element_oid) {}

  bool Put(EncodeContext& context, VectorValue v) const {
    const std::size_t size = v.bytes.size() / 4;
    context.Reserve(v.bytes.size());
    char* const field = context.at;
    char* at = PutArrayHeader(field + 4, element_oid_, size);
    for (std::size_t i = 0; i < size; ++i) {
      std::uint32_t bits;
      std::memcpy(&bits, v.bytes.data() + 4 * i, sizeof bits);
      StoreBe32(at, 4);
      StoreBe32(at + 4, bits);
      at += 8;
    }
    StoreBe32(field, static_cast<std::uint32_t>(at - field - 4));
    context.at = at;
    return true;
  }

 private:
  std::uint32_t element_oid_;
};

// pgvector: int16 dimensions, int16 0, then float4.
class VectorTarget {
 public:
  explicit VectorTarget(const Binding& binding) : length_(binding.type().length) {}

  bool Put(EncodeContext& context, VectorValue v) const {
    const std::size_t size = v.bytes.size() / 4;
    if (size == 0 || size > 16000 || (length_ > 0 && size != static_cast<std::size_t>(length_))) {
      return context.Misfit(fmt::format("a vector of {} dimensions does not fit", size));
    }
    char* const field = context.at;
    StoreBe32(field, static_cast<std::uint32_t>(4 + 4 * size));
    StoreBe16(field + 4, static_cast<std::uint16_t>(size));
    StoreBe16(field + 6, 0);
    for (std::size_t i = 0; i < size; ++i) {
      float value;
      std::memcpy(&value, v.bytes.data() + 4 * i, sizeof value);
      if (!std::isfinite(value)) return context.Misfit("a vector holds NaN or infinity");
      StoreBe32(field + 8 + 4 * i, __builtin_bit_cast(std::uint32_t, value));
    }
    context.at += 8 + 4 * size;
    return true;
  }

 private:
  std::int32_t length_;
};

// MySQL's form, an SRID and WKB, made sense of.
struct Wkb {
  std::uint32_t srid = 0;
  std::uint32_t type = 0;
  std::string_view body;  // after byte order and type
};

bool ReadMysqlWkb(EncodeContext& context, std::string_view bytes, Wkb& out) {
  if (bytes.size() < 9 || bytes[4] != 1) {
    return context.Fault("not the form in which MySQL stores a geometry");
  }
  std::memcpy(&out.srid, bytes.data(), 4);
  std::memcpy(&out.type, bytes.data() + 5, 4);
  if (out.type < 1 || out.type > 7) {
    return context.Fault(fmt::format("geometry type {} is none of the seven of OGC", out.type));
  }
  out.body = bytes.substr(9);
  return true;
}

// EWKB: WKB with the SRID after the outermost type.
class EwkbTarget {
 public:
  explicit EwkbTarget(PgKind kind) : bytea_(kind == PgKind::kBytea) {}

  bool Put(EncodeContext& context, GeometryValue v) const {
    Wkb wkb;
    if (!ReadMysqlWkb(context, v.bytes, wkb)) return false;
    // PostGIS would clamp it, and say so in a notice only.
    if (!bytea_ && wkb.srid > 999999) {
      return context.Fault(fmt::format("SRID {} is beyond PostGIS's 999999", wkb.srid));
    }
    char* at = context.at + 4;
    *at++ = 1;
    const std::uint32_t type = wkb.srid == 0 ? wkb.type : wkb.type | 0x20000000u;
    std::memcpy(at, &type, 4);
    at += 4;
    if (wkb.srid != 0) {
      std::memcpy(at, &wkb.srid, 4);
      at += 4;
    }
    std::memcpy(at, wkb.body.data(), wkb.body.size());
    at += wkb.body.size();
    StoreBe32(context.at, static_cast<std::uint32_t>(at - context.at - 4));
    context.at = at;
    return true;
  }
  bool Put(EncodeContext& context, BytesValue v) const { return context.PutBytes(v.bytes); }

 private:
  bool bytea_;
};

// The same in hexadecimal, as PostGIS prints it.
class EwkbTextTarget {
 public:
  bool Put(EncodeContext& context, GeometryValue v) const {
    context.Reserve(v.bytes.size() + 64);
    char* const field = context.at;
    if (!EwkbTarget(PgKind::kBytea).Put(context, v)) return false;
    context.text.clear();
    AppendHex(context.text, {field + 4, static_cast<std::size_t>(context.at - field - 4)});
    context.at = field;
    return context.PutBytes(context.text);
  }
};

class PointTarget {
 public:
  bool Put(EncodeContext& context, GeometryValue v) const {
    Wkb wkb;
    if (!ReadMysqlWkb(context, v.bytes, wkb)) return false;
    if (wkb.type != 1 || wkb.body.size() != 16) {
      return context.Misfit("the geometry is no point, and the target is point");
    }
    StoreBe32(context.at, 16);
    for (int i = 0; i < 2; ++i) {
      std::uint64_t bits;
      std::memcpy(&bits, wkb.body.data() + 8 * i, 8);
      StoreBe64(context.at + 4 + 8 * i, bits);
    }
    context.at += 20;
    return true;
  }
};

}  // namespace

EncoderPtr MakeArrayEncoder(const Binding& binding) {
  if (binding.type().element.size() != 1) return nullptr;
  const PgType& element = binding.type().element.front();
  const bool text = element.kind == PgKind::kText || element.kind == PgKind::kVarchar;
  if (text && binding.source().type == "set") return BindSource(binding, SetTarget(binding));
  if (element.kind == PgKind::kFloat4) return BindSource(binding, RealArrayTarget(binding));
  return nullptr;
}
EncoderPtr MakeVectorEncoder(const Binding& binding) {
  return BindSource(binding, VectorTarget(binding));
}
EncoderPtr MakePointEncoder(const Binding& binding) { return BindSource(binding, PointTarget()); }
EncoderPtr MakeGeometryEncoder(const Binding& binding) {
  const PgKind kind = binding.type().kind;
  if (kind == PgKind::kGeometry || kind == PgKind::kBytea) {
    return BindSource(binding, EwkbTarget(kind));
  }
  return BindSource(binding, EwkbTextTarget());
}

}  // namespace transload
