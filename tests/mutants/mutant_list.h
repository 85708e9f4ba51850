// Deliberate bugs of encoders, one at a time, to prove that the second witness sees them.
//
// A mutant changes the field that the right encoder has written for one column. Both the copy and
// the checksum's reading of the source go through encoders, so both see the changed value, agree,
// and notice nothing.
#ifndef TRANSLOAD_TESTS_MUTANTS_MUTANT_LIST_H_
#define TRANSLOAD_TESTS_MUTANTS_MUTANT_LIST_H_

#include <functional>
#include <string>
#include <vector>

namespace transload {

// Where the rows come from: each engine's encoders have mutants of their own.
enum class MutantSource { kMariaDb, kSqlite, kPostgres, kOdbc };

struct Mutant {
  std::string name;    // "FloatThroughSixDigits"
  std::string column;  // of the source's table below
  // Changes the payload of a binary COPY field. False: the field becomes NULL.
  std::function<bool(std::string& field)> change;
  MutantSource source = MutantSource::kMariaDb;
};

const std::vector<Mutant>& AllMutants();

// One column per encoder, and 41 ordinary rows. ODBC reads PostgreSQL's.
extern const char* const kMutantTable;  // of MariaDB
extern const char* const kSqliteMutantTable;
extern const char* const kPostgresMutantTable;
// --map of MariaDB's table, for encoders that no type leads to by itself.
extern const char* const kMutantMaps[2][2];

}  // namespace transload

#endif  // TRANSLOAD_TESTS_MUTANTS_MUTANT_LIST_H_
