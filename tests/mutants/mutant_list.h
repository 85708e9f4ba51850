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

struct Mutant {
  std::string name;    // "FloatThroughSixDigits"
  std::string column;  // of the table below
  // Changes the payload of a binary COPY field. False: the field becomes NULL.
  std::function<bool(std::string& field)> change;
};

const std::vector<Mutant>& AllMutants();

// A table of MariaDB with one column per encoder, and ordinary rows in it.
extern const char* const kMutantTable;

}  // namespace transload

#endif  // TRANSLOAD_TESTS_MUTANTS_MUTANT_LIST_H_
