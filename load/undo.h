// Takes back what a run made: drops exactly the objects its ledger lists. CASCADE only drops a base
// type and its functions, and only where nothing else would go along.
#ifndef TRANSLOAD_LOAD_UNDO_H_
#define TRANSLOAD_LOAD_UNDO_H_

#include <string>
#include <vector>

#include "core/options.h"

namespace transload {

struct UndoResult {
  std::vector<std::string> dropped;     // "table public.orders", in the order of dropping
  std::vector<std::string> kept;        // what stays or came back, with the reason
  bool done = false;                    // false: nothing at all was changed
  std::vector<std::string> in_the_way;  // why, when not done
};

// All or nothing: one transaction. Refuses (done = false) when something that the run did not make
// depends on its objects, when the run truncated, dropped or appended to what was there before, and
// when rows changed since it ended, or its
// ledger is damaged; `force` goes on over all but the first.
// Foreign keys that the run dropped for loading, and did not make again, are put back. The ledger
// stays with the run's state "undone". Options::run_id names the run; empty: the latest.
UndoResult Undo(const Options& options, bool force);

}  // namespace transload

#endif  // TRANSLOAD_LOAD_UNDO_H_
