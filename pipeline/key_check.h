// Unique keys that the target compares less exactly than their source's bytes (citext, ci=icu), or
// whose values get a type that may take two for one (SQLite's 1 and '1', 't' and 'true'): tried on
// the target before anything is made there.
#ifndef TRANSLOAD_PIPELINE_KEY_CHECK_H_
#define TRANSLOAD_PIPELINE_KEY_CHECK_H_

#include "core/progress.h"
#include "pipeline/endpoints.h"
#include "pipeline/stop_flag.h"

namespace transload {

// Inside the snapshot. Throws a refused Error that names each key and the values that clash.
void CheckFoldedKeys(Endpoints& ends, const MigrationPlan& plan, Progress& progress,
                     const StopFlag& stop);

}  // namespace transload

#endif  // TRANSLOAD_PIPELINE_KEY_CHECK_H_
