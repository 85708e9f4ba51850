// What somebody has taken out of a run's ledger. Not all of it can be known: only what a run that
// was stopped at any moment never leaves out.
#ifndef TRANSLOAD_LOAD_LEDGER_DAMAGE_H_
#define TRANSLOAD_LOAD_LEDGER_DAMAGE_H_

#include <string>

#include "load/ledger.h"

namespace transload {

// The first thing that is missing; empty when nothing is.
std::string LedgerDamage(const LedgerSnapshot& known);

}  // namespace transload

#endif  // TRANSLOAD_LOAD_LEDGER_DAMAGE_H_
