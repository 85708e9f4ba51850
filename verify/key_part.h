// A key in a few words that order as the keys do: one column's share of it.
#ifndef TRANSLOAD_VERIFY_KEY_PART_H_
#define TRANSLOAD_VERIFY_KEY_PART_H_

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/pg_type.h"

namespace transload {

// Integers of more than 64 bits and binary strings of more than 16 bytes are cut short, which no
// cut ever is: comparing with a cut stays exact.
struct KeyPoint {
  static constexpr std::size_t kWords = 4;
  std::array<std::uint64_t, kWords> words{};
  // clang-tidy 14 takes the comparison's own 0 for a pointer. NOLINTNEXTLINE(modernize-use-nullptr)
  auto operator<=>(const KeyPoint&) const = default;
};

class KeyPart {
 public:
  // Nothing for types whose values are not cut by: text orders by a collation, floats print in many
  // ways.
  static std::optional<KeyPart> For(const PgType& type);

  std::size_t words() const;
  // True where no further column can be cut by: values are cut short within one point.
  bool last() const;
  // The words of a field of binary COPY.
  void Write(std::string_view field, std::uint64_t* words) const;
  // The words of a value as the target prints it, a bytea in hex. False when no cut can be there.
  bool Parse(const std::string& text, std::uint64_t* words) const;
  // The same value as text for both sides, a UUID or a bytea in hex.
  std::string Print(const std::uint64_t* words) const;

 private:
  explicit KeyPart(const PgType& type) : kind_(type.kind), scale_(type.scale) {
    exact_ = type.precision >= 0;
  }

  PgKind kind_;
  std::int32_t scale_;
  bool exact_;  // a numeric with a declared scale
};

}  // namespace transload

#endif  // TRANSLOAD_VERIFY_KEY_PART_H_
