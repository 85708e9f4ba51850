// The second witness of SQLite: aggregates by SQL. Stands apart from the reader and the encoders.
//
// A column's values may be of any storage class. Each column's terms also count the values that are
// not of the class, or not of the shape, that its target type stands for: where there are such
// values, the column's measures are not given.
#ifndef TRANSLOAD_EXTRACT_SQLITE_WITNESS_H_
#define TRANSLOAD_EXTRACT_SQLITE_WITNESS_H_

#include <string>

#include "core/witness.h"
#include "extract/sqlite/connection.h"

namespace transload::sqlite {

// As SQL; empty where the form has no such measure. Sums are made of two parts, because SQLite's
// own overflow: the integers shifted right by 32 bits, and what that cut off.
struct WitnessSql {
  std::string why_not;
  std::string count, foreign, minimum, maximum, sum_high, sum_low, bytes;
};
WitnessSql WitnessTerms(const WitnessColumn& column);

TableWitness ReadWitness(Connection& connection, const WitnessRequest& request);

}  // namespace transload::sqlite

#endif  // TRANSLOAD_EXTRACT_SQLITE_WITNESS_H_
