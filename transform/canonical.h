// The canonical form of binary COPY fields: equal values get equal bytes, different values
// different ones (docs/checksums.md has the form of every type, with examples).
//
// A canonical row is the concatenation, over its columns, of a big-endian int32 length (-1 for
// NULL) and the canonical bytes: binary COPY's own framing. Most fields are canonical as they stand
// in a tuple, so that most rows are hashed where they lie; only a row with a field that is not is
// rebuilt in a scratch buffer first.
//
// The same code serves tuples just encoded and tuples read back with COPY TO (FORMAT binary).
#ifndef TRANSLOAD_TRANSFORM_CANONICAL_H_
#define TRANSLOAD_TRANSFORM_CANONICAL_H_

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "core/pg_type.h"
#include "core/row_batch.h"
#include "core/row_hash.h"

namespace transload {

// Appends the canonical bytes of one field's payload (without the length). Bytes that are no valid
// field of the type are appended as they are: they still hash, and differ from any valid field.
void AppendCanonical(std::string_view field, const PgType& type, ByteBuffer& out);

// Immutable and safe to use from several threads at once after construction.
class RowCanonicaliser {
 public:
  RowCanonicaliser(const std::vector<TargetColumn>& columns, std::uint64_t seed);

  // `fields` are the framed fields of one tuple, without the int16 count. `scratch` is overwritten
  // when the row has to be rebuilt. Throws a bug Error when the tuple does not have exactly the
  // columns given to the constructor.
  void AddRow(std::string_view fields, RowChecksum& checksum, ByteBuffer& scratch) const;

  // True when fields of this column may have to be rewritten.
  bool Rewrites(std::size_t column) const { return rewrites_[column] != 0; }
  // True when this payload is canonical as it is.
  bool IsCanonical(std::size_t column, std::string_view field) const;
  // Hashes fields that are known to be canonical.
  void AddCanonicalRow(std::string_view fields, RowChecksum& checksum) const {
    transload::AddRow(checksum, fields, seed_);
  }
  std::uint64_t seed() const { return seed_; }

 private:
  std::vector<PgType> types_;
  std::vector<std::uint8_t> rewrites_;
  bool any_rewrites_ = false;
  std::uint64_t seed_;
};

}  // namespace transload

#endif  // TRANSLOAD_TRANSFORM_CANONICAL_H_
