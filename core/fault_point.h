// Faults on purpose: named points at every step that changes state, where a test makes the process
// die, throw or lose its connections. In release builds too, so that what is tested is what ships.
//
// Off unless TRANSLOAD_FAULT names a point; then a point costs one look at a bool.
//
//   TRANSLOAD_FAULT=partition-begun:3:kill     at the third time that point is reached
//   TRANSLOAD_FAULT=commit-sent:1:cut,claimed:2:error
//   TRANSLOAD_FAULT=any:40:term                at the fortieth point, whichever it is
//   TRANSLOAD_FAULT=any:0:trace                0: every time
//
// kill and term are the signals; throw is an exception that nobody expects, such as bad_alloc;
// error is one that a server might have reported and that a new try may get past; cut shuts down
// the connection at hand, or all of the process when the point has none; trace writes the point's
// name to stderr.
#ifndef TRANSLOAD_CORE_FAULT_POINT_H_
#define TRANSLOAD_CORE_FAULT_POINT_H_

#include <cstddef>

namespace transload {

enum class FaultPoint : int {
  kLedgerMade,
  kRunLocked,
  kSnapshotTaken,
  kRunRecorded,
  kTablesRecorded,
  kRunTakenOver,
  kSchemaUncommitted,
  kSchemaCommitted,
  kTableUncommitted,
  kTableCommitted,
  kPartitionsRecorded,
  kReconcileCompared,
  kResetUncommitted,
  kResetCommitted,
  kSnapshotRecorded,
  kPartitionClaimed,
  kPartitionSplit,
  kPartitionBegun,
  kReaderOpened,
  kRowsRead,
  kRowsSent,
  kCopyEnded,
  kPartitionUncommitted,
  kCommitSent,
  kPartitionCommitted,
  kReplanDecided,
  kReplanUncommitted,
  kReplanCommitted,
  kTableLoaded,
  kTableCounted,
  kIndexUncommitted,
  kIndexCommitted,
  kConstraintUncommitted,
  kConstraintCommitted,
  kObjectUncommitted,
  kObjectCommitted,
  kSequenceUncommitted,
  kSequenceCommitted,
  kVerifyBegun,
  kTableVerified,
  kVerdictsRecorded,
  kReportUnwritten,
  kReportWritten,
  kRunEnded,
  kCount,
};

constexpr std::size_t kFaultPoints = static_cast<std::size_t>(FaultPoint::kCount);

// As it stands in TRANSLOAD_FAULT: "partition-begun".
const char* Name(FaultPoint point);

namespace fault_internal {
extern const bool armed;
void Reach(FaultPoint point, int socket);
}  // namespace fault_internal

// `socket`: the connection that a cut is to hit; -1: all of the process.
inline void FaultAt(FaultPoint point, int socket = -1) {
  if (fault_internal::armed) [[unlikely]] {
    fault_internal::Reach(point, socket);
  }
}

}  // namespace transload

#endif  // TRANSLOAD_CORE_FAULT_POINT_H_
