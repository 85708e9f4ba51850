// The ledger's tables, as a whole: are they there, readable, and of the layout that is known here?
#ifndef TRANSLOAD_LOAD_LEDGER_LAYOUT_H_
#define TRANSLOAD_LOAD_LEDGER_LAYOUT_H_

#include <string>

#include "load/session.h"

namespace transload {

enum class LedgerUse { kRead, kWrite };

bool HasLedger(SqlTransaction& transaction, const std::string& schema);

// Why the ledger in this schema cannot be used, or none be made there, and what to do; else empty.
std::string WhyLedgerUnfit(SqlTransaction& transaction, const std::string& schema, LedgerUse use);

}  // namespace transload

#endif  // TRANSLOAD_LOAD_LEDGER_LAYOUT_H_
