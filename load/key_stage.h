// Tries a unique key on the target's own server before anything is made there: the key's values go
// into a temporary table with the target's types and collations, which then says which clash.
#ifndef TRANSLOAD_LOAD_KEY_STAGE_H_
#define TRANSLOAD_LOAD_KEY_STAGE_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/options.h"
#include "core/plan.h"
#include "load/data_connection.h"

namespace transload {

class KeyStage {
 public:
  // `table` and `collations` are the plan's; only the columns that `index` is made of are staged.
  KeyStage(const Options& options, const TablePlan& table, const IndexPlan& index,
           const std::vector<CollationPlan>& collations);

  // The staged table: what is to be read, in the order of the fields to be written.
  const TablePlan& table() const { return table_; }

  void Write(std::string_view tuples);
  // The first few clashes, as a person reads them: "('a') and ('A'), 2 rows". Once, at the end.
  std::vector<std::string> Clashes();
  void Cancel() noexcept { connection_.Cancel(); }  // any thread

 private:
  DataConnection connection_;
  TablePlan table_;
  IndexPlan index_;
};

}  // namespace transload

#endif  // TRANSLOAD_LOAD_KEY_STAGE_H_
