// transload sync: catch-up without change data capture. Verify and repair, round after round.
#ifndef TRANSLOAD_PIPELINE_SYNC_COMMAND_H_
#define TRANSLOAD_PIPELINE_SYNC_COMMAND_H_

#include "core/options.h"
#include "core/progress.h"
#include "pipeline/repair.h"
#include "pipeline/stop_flag.h"
#include "verify/report.h"

namespace transload {

// VerifyMigration, and what was repaired.
Report VerifyRound(const Options& options, Progress& progress, const StopFlag& stop,
                   RepairRound& round);

// Each round compares both sides as they are then, and repairs. Ends when a round found nothing,
// after options.sync_rounds, or when rounds no longer find less than the one before: then the
// source changes as fast as it is followed. options.final_round: one round, whose verdict is the
// end's; writes to the source have stopped. The report is the last round's; its notes tell of all.
Report SyncMigration(const Options& options, Progress& progress, const StopFlag& stop);

}  // namespace transload

#endif  // TRANSLOAD_PIPELINE_SYNC_COMMAND_H_
