// A PostgreSQL column type, as far as encoding, hashing and DDL need to know it.
#ifndef TRANSLOAD_CORE_PG_TYPE_H_
#define TRANSLOAD_CORE_PG_TYPE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace transload {

enum class PgKind : std::uint8_t {
  kBool,
  kInt2,
  kInt4,
  kInt8,
  kFloat4,
  kFloat8,
  kNumeric,  // precision, scale; precision -1 = unconstrained
  kText,     // text, citext, name, xml: raw UTF-8
  kVarchar,  // length; -1 = unlimited
  kBpchar,   // length
  kBytea,
  kDate,
  kTime,  // precision -1 or 0..6
  kTimetz,
  kTimestamp,
  kTimestamptz,
  kInterval,
  kUuid,
  kJson,
  kJsonb,
  kBit,  // length
  kVarbit,
  kInet,
  kCidr,
  kMacaddr,
  kEnum,   // labels, in order
  kArray,  // element; one dimension when transload writes it
  kPoint,
  kGeometry,  // PostGIS geometry or geography: EWKB
  kVector,    // pgvector
  kMoney,
  kOther,  // anything else: moved only from PostgreSQL to PostgreSQL, byte by byte
};

constexpr bool IsTextKind(PgKind kind) {
  return kind == PgKind::kText || kind == PgKind::kVarchar || kind == PgKind::kBpchar;
}

constexpr std::size_t kLongestName = 63;  // bytes of an identifier or label: NAMEDATALEN - 1

struct PgType {
  PgKind kind = PgKind::kText;
  std::int32_t length = -1;         // varchar, bpchar, bit, varbit, vector
  std::int32_t precision = -1;      // numeric digits, or fractional second digits
  std::int32_t scale = 0;           // numeric
  std::vector<std::string> labels;  // enum
  std::vector<PgType> element;      // array: exactly one
  // Spelling where the kind alone does not give one: an enum's or domain's quoted and qualified
  // name, "citext", "xml", "geometry(Point,4326)". Empty otherwise.
  std::string name;

  bool operator==(const PgType&) const = default;

  // As it stands in DDL: "numeric(20,0)", "timestamp(3)", "text[]".
  std::string Sql() const;
};

// Reads the types that Sql() writes, and the common aliases ("int", "bool", "double precision",
// "timestamp with time zone"). Throws a usage error for what is not a type. An unknown name becomes
// kOther with that name.
PgType ParsePgType(std::string_view sql);

// What pg_attribute says of a column that is about to be written or read back.
struct TargetColumn {
  std::string name;
  PgType type;  // from the catalogue, never from our own DDL
  std::uint32_t type_oid = 0;
  std::uint32_t element_oid = 0;  // arrays
  std::int32_t typmod = -1;
  bool not_null = false;
  bool generated = false;  // must be left out of COPY's column list
  bool identity = false;
  // Its values cross as text: `type` is then text, and the column is read back as its text form.
  bool as_text = false;

  bool operator==(const TargetColumn&) const = default;
};

}  // namespace transload

#endif  // TRANSLOAD_CORE_PG_TYPE_H_
