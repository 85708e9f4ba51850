// One type for both ends of a foreign key.
#ifndef TRANSLOAD_MAPPINGS_WIDEST_TYPE_H_
#define TRANSLOAD_MAPPINGS_WIDEST_TYPE_H_

#include <optional>

#include "core/pg_type.h"

namespace transload {

// The narrowest type that holds every value of both without changing one; nothing when there is
// none (uuid and text, bytea and text, timestamp and timestamptz). Two enums meet in text: each
// would be a type of its own, which PostgreSQL does not compare.
std::optional<PgType> WidestType(const PgType& a, const PgType& b);

}  // namespace transload

#endif  // TRANSLOAD_MAPPINGS_WIDEST_TYPE_H_
