// What the encoders of numbers share: what becomes of those that the target's type cannot hold.
#ifndef TRANSLOAD_TRANSFORM_NUMBER_RULES_H_
#define TRANSLOAD_TRANSFORM_NUMBER_RULES_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "core/policy.h"
#include "transform/field_encoder.h"

namespace transload {

// Big-endian bits to a number; false when they are more than 64 bits hold.
inline bool BitsToNumber(std::string_view bytes, std::uint64_t& value) {
  value = 0;
  for (const char c : bytes) {
    if (value >> 56 != 0) return false;
    value = value << 8 | static_cast<std::uint8_t>(c);
  }
  return true;
}

class NumberRules {
 public:
  explicit NumberRules(const Binding& binding);

  // Writes NULL under num_overflow=null; a misfit otherwise.
  bool OutOfRange(EncodeContext& context) const;
  const std::string& type_name() const { return type_name_; }

 private:
  NumOverflow overflow_;
  std::string type_name_;
};

}  // namespace transload

#endif  // TRANSLOAD_TRANSFORM_NUMBER_RULES_H_
