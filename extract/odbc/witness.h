// The second witness of a source behind an ODBC driver: aggregates in SQL that all systems share,
// which is to say of exact numbers. Everything else is counted only, and says so.
#ifndef TRANSLOAD_EXTRACT_ODBC_WITNESS_H_
#define TRANSLOAD_EXTRACT_ODBC_WITNESS_H_

#include <string>

#include "core/witness.h"
#include "extract/odbc/dbms_traits.h"
#include "extract/odbc/handle.h"
#include "extract/odbc/naming.h"

namespace transload::odbc {

// One column's measures as SQL; empty where there is none.
struct WitnessSql {
  std::string why_not;
  std::string count, minimum, maximum, sum;
};
WitnessSql WitnessTerms(const WitnessColumn& column, const Naming& naming,
                        const DbmsTraits& traits);

// On a connection inside the snapshot.
TableWitness ReadWitness(Connection& connection, const Naming& naming, const DbmsTraits& traits,
                         const WitnessRequest& request);

}  // namespace transload::odbc

#endif  // TRANSLOAD_EXTRACT_ODBC_WITNESS_H_
