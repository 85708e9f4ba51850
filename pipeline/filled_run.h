// The run that filled the target, as its ledger knows it, for who compares both sides afresh.
#ifndef TRANSLOAD_PIPELINE_FILLED_RUN_H_
#define TRANSLOAD_PIPELINE_FILLED_RUN_H_

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/options.h"
#include "core/plan.h"
#include "core/source_schema.h"
#include "load/ledger.h"
#include "pipeline/endpoints.h"

namespace transload {

// The run that is named, of whichever source: it may have moved to another server. Else this
// source's last one into the schemas that would be planned now, else its last one.
std::optional<RunRecord> FindFiller(const Endpoints& ends, std::optional<Ledger>& ledger,
                                    const std::string& schemas);

// What its ledger knows; nothing of it when there was none.
struct Filled {
  std::string run_id;
  std::string other_source;                // the URL of the run's source, where it is another one
  std::map<std::string, TablePlan> plans;  // by source label: the mapping as it was carried out
  std::map<std::string, std::vector<std::string>> rejected;  // as RejectRow::row
  std::optional<double> sample_percent;                      // of the rows that it moved
  bool data_only = false;                                    // the tables are somebody else's

  std::vector<std::string> GoneFrom(const SourceCatalogue& catalogue) const;
};

// Refuses to repair what the run has yet to load.
Filled ReadFilled(const Endpoints& ends, std::optional<Ledger>& ledger,
                  const std::optional<RunRecord>& filler);

// What a run was asked to move. Tables that it left out are not missing.
class AskedFor {
 public:
  explicit AskedFor(const std::optional<RunRecord>& run);  // all, without one

  // Takes them out of the plan, save those that --include asks for now and that stand there.
  void LeaveOut(Endpoints& ends, Planned& planned);
  std::string Note() const;
  const std::vector<std::string>& include() const { return asked_.include; }
  const std::vector<std::string>& exclude() const { return asked_.exclude; }
  OnExisting on_existing() const { return asked_.on_existing; }

 private:
  std::string Listed() const;

  std::string run_id_;
  Options asked_;  // include, exclude and on_existing alone
  std::vector<std::string> left_out_;
};

}  // namespace transload

#endif  // TRANSLOAD_PIPELINE_FILLED_RUN_H_
