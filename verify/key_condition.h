// A row of the target named in SQL by its key's fields.
#ifndef TRANSLOAD_VERIFY_KEY_CONDITION_H_
#define TRANSLOAD_VERIFY_KEY_CONDITION_H_

#include <optional>
#include <string>
#include <string_view>

#include "core/cell.h"
#include "transform/bound_table.h"

namespace transload {

// A field's value as a literal of exactly its type: "'17'::bigint". Nothing for types whose printed
// form does not lead back to the same value, or is not known here.
std::optional<std::string> FieldLiteral(const Cell& field, const PgType& type);

// "\"id\" = '17'::bigint" for a row's framed fields. Nothing without a key.
std::optional<std::string> KeyCondition(std::string_view fields, const BoundTable& table);

}  // namespace transload

#endif  // TRANSLOAD_VERIFY_KEY_CONDITION_H_
