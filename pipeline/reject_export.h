// The rejected rows of a run as a file beside its report: rejects.jsonl.zst, one JSON object a
// line.
#ifndef TRANSLOAD_PIPELINE_REJECT_EXPORT_H_
#define TRANSLOAD_PIPELINE_REJECT_EXPORT_H_

#include <cstdint>
#include <map>
#include <string>

#include "load/ledger.h"

namespace transload {

// `labels`: the tables' source names by id. Returns the number of rows; makes no file without any.
std::uint64_t ExportRejects(Ledger& ledger, const std::string& run_id,
                            const std::map<std::int64_t, std::string>& labels,
                            const std::string& folder);

}  // namespace transload

#endif  // TRANSLOAD_PIPELINE_REJECT_EXPORT_H_
