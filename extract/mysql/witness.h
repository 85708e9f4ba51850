// The second witness of MySQL and MariaDB: aggregates over the text protocol, computed by the
// server. Stands apart from row_reader and cell_decoder on purpose.
#ifndef TRANSLOAD_EXTRACT_MYSQL_WITNESS_H_
#define TRANSLOAD_EXTRACT_MYSQL_WITNESS_H_

#include <string>

#include "core/witness.h"
#include "extract/mysql/sql_connection.h"

namespace transload::mysql {

// One column's measures as SQL; empty where the form has no such measure.
struct WitnessSql {
  std::string why_not;
  std::string count, minimum, maximum, sum, bytes, digest;
};
WitnessSql WitnessTerms(const WitnessColumn& column);

TableWitness ReadWitness(SqlConnection& connection, const WitnessRequest& request);

}  // namespace transload::mysql

#endif  // TRANSLOAD_EXTRACT_MYSQL_WITNESS_H_
