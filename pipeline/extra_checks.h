// The checks beside rows and checksums, as far as --checks wants them: the user's query pairs, and
// what holds in the target: references, sequences, indexes, constraints, look-ups by key.
#ifndef TRANSLOAD_PIPELINE_EXTRA_CHECKS_H_
#define TRANSLOAD_PIPELINE_EXTRA_CHECKS_H_

#include <memory>
#include <vector>

#include "pipeline/endpoints.h"
#include "transform/bound_table.h"
#include "verify/report.h"

namespace transload {

// Whether there is any to make.
bool WantsExtraChecks(const Options& options, const RowReader* reader);

// `reader` is in the source's snapshot; null leaves the look-ups out.
void RunExtraChecks(Endpoints& ends, const std::vector<std::unique_ptr<BoundTable>>& tables,
                    RowReader* reader, Report& report);

}  // namespace transload

#endif  // TRANSLOAD_PIPELINE_EXTRA_CHECKS_H_
