// A call that may block on a dead network, a request to cancel above all, waited for only briefly.
#ifndef TRANSLOAD_CORE_BRIEF_WAIT_H_
#define TRANSLOAD_CORE_BRIEF_WAIT_H_

#include <chrono>
#include <functional>

namespace transload {

// Runs the call on a thread of its own. True when it ended in time; otherwise it goes on unheeded,
// so it must own all that it uses. An exception of the call counts as an end.
bool BrieflyWaitFor(std::function<void()> call,
                    std::chrono::milliseconds longest = std::chrono::seconds(1)) noexcept;

}  // namespace transload

#endif  // TRANSLOAD_CORE_BRIEF_WAIT_H_
