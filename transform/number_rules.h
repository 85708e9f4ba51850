// What becomes of numbers that the target's type cannot hold.
#ifndef TRANSLOAD_TRANSFORM_NUMBER_RULES_H_
#define TRANSLOAD_TRANSFORM_NUMBER_RULES_H_

#include <string>

#include "core/policy.h"
#include "transform/field_encoder.h"

namespace transload {

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
