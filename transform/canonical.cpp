#include "transform/canonical.h"

#include "core/error.h"
#include "transform/encode_context.h"
#include "transform/ewkb.h"
#include "transform/json_scan.h"

namespace transload {
namespace {

constexpr std::uint32_t kQuietNan4 = 0x7FC00000u;
constexpr std::uint64_t kQuietNan8 = 0x7FF8000000000000u;
constexpr std::uint32_t kNullLength = 0xFFFFFFFFu;

// Canonical bits of a float: one NaN, one zero.
std::uint32_t Canonical4(std::uint32_t bits) {
  if ((bits & 0x7FFFFFFFu) > 0x7F800000u) return kQuietNan4;
  return bits == 0x80000000u ? 0 : bits;
}
std::uint64_t Canonical8(std::uint64_t bits) {
  if ((bits & 0x7FFFFFFFFFFFFFFFu) > 0x7FF0000000000000u) return kQuietNan8;
  return bits == 0x8000000000000000u ? 0 : bits;
}

// Fields whose canonical form may differ from the form they travel in.
enum class Rewrite : std::uint8_t {
  kNone,
  kFloat4,
  kFloat8,    // also points
  kVector,    // floats behind a header
  kNumeric,   // without a declared scale: 1.0 equals 1.00
  kBpchar,    // trailing blanks
  kXml,       // the declaration, which PostgreSQL rewrites
  kJsonb,     // text on the wire, compared by value
  kArray,     // the element's type number
  kGeometry,  // byte order and SRID
};

Rewrite RewriteOf(const PgType& type) {
  switch (type.kind) {
    case PgKind::kFloat4:
      return Rewrite::kFloat4;
    case PgKind::kFloat8:
    case PgKind::kPoint:
      return Rewrite::kFloat8;
    case PgKind::kVector:
      return Rewrite::kVector;
    case PgKind::kNumeric:
      return type.precision < 0 ? Rewrite::kNumeric : Rewrite::kNone;
    case PgKind::kBpchar:
      return Rewrite::kBpchar;
    case PgKind::kText:
      return type.name == "xml" ? Rewrite::kXml : Rewrite::kNone;
    case PgKind::kJsonb:
      return Rewrite::kJsonb;
    case PgKind::kArray:
      return Rewrite::kArray;
    case PgKind::kGeometry:
      return Rewrite::kGeometry;
    default:
      return Rewrite::kNone;
  }
}

bool CanonicalAsIs(Rewrite rewrite, std::string_view field) {
  switch (rewrite) {
    case Rewrite::kNone:
      return true;
    case Rewrite::kFloat4:
    case Rewrite::kVector: {
      if (field.size() % 4 != 0) return true;
      for (std::size_t i = rewrite == Rewrite::kVector ? 4 : 0; i < field.size(); i += 4) {
        const std::uint32_t bits = LoadBe32(field.data() + i);
        if (bits != Canonical4(bits)) return false;
      }
      return true;
    }
    case Rewrite::kFloat8:
      if (field.size() % 8 != 0) return true;
      for (std::size_t i = 0; i < field.size(); i += 8) {
        const std::uint64_t bits = LoadBe64(field.data() + i);
        if (bits != Canonical8(bits)) return false;
      }
      return true;
    case Rewrite::kNumeric:
      if (field.size() < 8 || field.size() != 8 + std::size_t{2} * LoadBe16(field.data()))
        return true;
      return LoadBe16(field.data() + 6) == 0;
    case Rewrite::kBpchar:
      return !field.ends_with(' ');
    case Rewrite::kXml:
      return !field.starts_with("<?xml");
    case Rewrite::kJsonb:
    case Rewrite::kArray:
    case Rewrite::kGeometry:
      return false;
  }
  return false;
}

// A document's declaration and the line break after it.
std::string_view WithoutXmlDeclaration(std::string_view text) {
  const std::size_t end = text.find("?>");
  if (!text.starts_with("<?xml") || end == text.npos) return text;
  text.remove_prefix(end + 2);
  while (text.starts_with('\n') || text.starts_with('\r')) text.remove_prefix(1);
  return text;
}

// int32 dimensions, flags, uint32 element type, dimensions of size and lower bound, elements. The
// element type becomes 0 and the flags what the elements say; false when it is no array.
bool AppendArray(std::string_view field, const PgType& element, ByteBuffer& out) {
  if (field.size() < 12) return false;
  const std::uint32_t dimensions = LoadBe32(field.data());
  const std::size_t header = 12 + std::size_t{8} * dimensions;
  if (dimensions > 6 || field.size() < header) return false;
  const std::size_t start = out.size();
  out.Append(field.substr(0, header));
  StoreBe32(out.data() + start + 8, 0);
  bool nulls = false;
  for (std::string_view rest = field.substr(header); !rest.empty();) {
    if (rest.size() < 4) return false;
    const std::uint32_t size = LoadBe32(rest.data());
    rest.remove_prefix(4);
    const std::size_t length_at = out.size();
    StoreBe32(out.Extend(4), kNullLength);
    if (size == kNullLength) {
      nulls = true;
      continue;
    }
    if (size > rest.size()) return false;
    AppendCanonical(rest.substr(0, size), element, out);
    StoreBe32(out.data() + length_at, static_cast<std::uint32_t>(out.size() - length_at - 4));
    rest.remove_prefix(size);
  }
  StoreBe32(out.data() + start + 4, nulls ? 1 : 0);
  return true;
}

bool AppendRewritten(Rewrite rewrite, std::string_view field, const PgType& type, ByteBuffer& out) {
  const std::size_t start = out.size();
  switch (rewrite) {
    case Rewrite::kFloat4:
    case Rewrite::kVector:
      out.Append(field);
      for (std::size_t i = rewrite == Rewrite::kVector ? 4 : 0; i + 4 <= field.size(); i += 4) {
        StoreBe32(out.data() + start + i, Canonical4(LoadBe32(field.data() + i)));
      }
      return true;
    case Rewrite::kFloat8:
      out.Append(field);
      for (std::size_t i = 0; i + 8 <= field.size(); i += 8) {
        StoreBe64(out.data() + start + i, Canonical8(LoadBe64(field.data() + i)));
      }
      return true;
    case Rewrite::kNumeric:
      out.Append(field);
      StoreBe16(out.data() + start + 6, 0);
      return true;
    case Rewrite::kBpchar:
      while (field.ends_with(' ')) field.remove_suffix(1);
      out.Append(field);
      return true;
    case Rewrite::kXml:
      out.Append(WithoutXmlDeclaration(field));
      return true;
    case Rewrite::kJsonb: {
      JsonFindings findings;
      return field.starts_with('\1') && ScanJsonb(field.substr(1), out, findings);
    }
    case Rewrite::kArray:
      return type.element.size() == 1 && AppendArray(field, type.element.front(), out);
    case Rewrite::kGeometry:
      return AppendCanonicalEwkb(field, DeclaredSrid(type.name), out);
    case Rewrite::kNone:
      break;
  }
  return false;
}

// Walks framed fields that may come from anywhere.
class FieldWalk {
 public:
  explicit FieldWalk(std::string_view fields) : rest_(fields) {}

  bool done() const { return rest_.empty(); }
  // NULL has no data pointer.
  std::string_view Next() {
    if (rest_.size() < 4) Refuse();
    const std::uint32_t size = LoadBe32(rest_.data());
    rest_.remove_prefix(4);
    if (size == kNullLength) return {};
    if (size > rest_.size()) Refuse();
    const std::string_view field = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return field;
  }
  [[noreturn]] static void Refuse() {
    throw BugError("a tuple does not have the fields of its table");
  }

 private:
  std::string_view rest_;
};

}  // namespace

void AppendCanonical(std::string_view field, const PgType& type, ByteBuffer& out) {
  const Rewrite rewrite = RewriteOf(type);
  const std::size_t start = out.size();
  if (!CanonicalAsIs(rewrite, field) && AppendRewritten(rewrite, field, type, out)) return;
  out.Truncate(start);
  out.Append(field);
}

RowCanonicaliser::RowCanonicaliser(const std::vector<TargetColumn>& columns, std::uint64_t seed)
    : seed_(seed) {
  for (const TargetColumn& column : columns) {
    types_.push_back(column.type);
    const Rewrite rewrite = RewriteOf(column.type);
    rewrites_.push_back(static_cast<std::uint8_t>(rewrite));
    any_rewrites_ = any_rewrites_ || rewrite != Rewrite::kNone;
  }
}

bool RowCanonicaliser::IsCanonical(std::size_t column, std::string_view field) const {
  return CanonicalAsIs(static_cast<Rewrite>(rewrites_[column]), field);
}

void RowCanonicaliser::AddRow(std::string_view fields, RowChecksum& checksum,
                              ByteBuffer& scratch) const {
  bool plain = true;
  FieldWalk check(fields);
  for (std::size_t i = 0; i < types_.size(); ++i) {
    const std::string_view field = check.Next();
    if (rewrites_[i] != 0 && plain && field.data() != nullptr) plain = IsCanonical(i, field);
  }
  if (!check.done()) FieldWalk::Refuse();
  if (plain) {
    AddCanonicalRow(fields, checksum);
    return;
  }
  scratch.Clear();
  FieldWalk walk(fields);
  for (std::size_t i = 0; i < types_.size(); ++i) {
    const std::string_view field = walk.Next();
    const std::size_t length_at = scratch.size();
    StoreBe32(scratch.Extend(4), kNullLength);
    if (field.data() == nullptr) continue;
    AppendCanonical(field, types_[i], scratch);
    StoreBe32(scratch.data() + length_at,
              static_cast<std::uint32_t>(scratch.size() - length_at - 4));
  }
  AddCanonicalRow(scratch.view(), checksum);
}

}  // namespace transload
