// What is done for a user who wants to stop and has waited for a second already.
#ifndef TRANSLOAD_PIPELINE_LAST_STOP_H_
#define TRANSLOAD_PIPELINE_LAST_STOP_H_

namespace transload {

// Ends child programs (pg_dump). Async-signal-safe.
void EndChildPrograms() noexcept;

}  // namespace transload

#endif  // TRANSLOAD_PIPELINE_LAST_STOP_H_
