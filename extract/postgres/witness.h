// The second witness of a PostgreSQL source: aggregates that the server computes, over text
// results. Stands apart from row_reader and wire_form on purpose.
#ifndef TRANSLOAD_EXTRACT_POSTGRES_WITNESS_H_
#define TRANSLOAD_EXTRACT_POSTGRES_WITNESS_H_

#include <string>

#include "core/witness.h"
#include "extract/postgres/control_connection.h"

namespace transload::postgres {

constexpr int kSha256Version = 110000;

// One column's measures as SQL; empty where the form has no such measure.
struct WitnessSql {
  std::string why_not;
  std::string count, minimum, maximum, sum, bytes, digest;
};
struct WitnessServer {
  bool sha256 = false;   // the server has that function, from 11 on
  bool in_utf8 = false;  // the database's encoding
};
WitnessSql WitnessTerms(const WitnessColumn& column, const WitnessServer& server);

// `partitioned`: a root, whose rows are its partitions'. The connection is in a transaction, which
// survives a query that fails.
TableWitness ReadWitness(ControlConnection& connection, const WitnessRequest& request,
                         bool partitioned);

}  // namespace transload::postgres

#endif  // TRANSLOAD_EXTRACT_POSTGRES_WITNESS_H_
