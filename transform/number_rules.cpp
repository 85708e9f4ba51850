#include "transform/number_rules.h"

#include <fmt/format.h>

namespace transload {

NumberRules::NumberRules(const Binding& binding)
    : overflow_(binding.policies().num_overflow), type_name_(binding.type().Sql()) {}

bool NumberRules::OutOfRange(EncodeContext& context) const {
  if (overflow_ == NumOverflow::kNull) {
    context.Coerced("num_overflow=null");
    return context.PutNull();
  }
  return context.Misfit(fmt::format("value {} does not fit {}", context.Shown(), type_name_));
}

}  // namespace transload
