// What preflight found in the target.
#ifndef TRANSLOAD_LOAD_PREFLIGHT_LIST_H_
#define TRANSLOAD_LOAD_PREFLIGHT_LIST_H_

#include <string>
#include <utility>
#include <vector>

#include "core/options.h"
#include "core/plan.h"
#include "load/session.h"
#include "load/target.h"

namespace transload {

class Checklist {
 public:
  void Ok(const std::string& subject, const std::string& text) {
    items.push_back({CheckResult::kOk, subject, text});
  }
  void Warn(const std::string& subject, const std::string& text) {
    items.push_back({CheckResult::kWarning, subject, text});
  }
  void Refuse(const std::string& subject, const std::string& text) {
    items.push_back({CheckResult::kRefusal, subject, text});
  }

  std::vector<PreflightItem> items;
};

// The plans of the tables that stand already.
std::vector<const TablePlan*> PlansOf(const std::vector<ExistingTable>& existing,
                                      const MigrationPlan& plan);

// May what stands be used as --on-existing and --data-only say? `parents`: partitioned tables that
// are dropped with theirs.
void CheckStandingTables(Session& session, const MigrationPlan& plan, const Options& options,
                         const std::vector<ExistingTable>& existing,
                         const std::vector<std::pair<std::string, std::string>>& parents,
                         Checklist& list);

}  // namespace transload

#endif  // TRANSLOAD_LOAD_PREFLIGHT_LIST_H_
