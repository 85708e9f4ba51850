#include "core/brief_wait.h"

#include <exception>
#include <future>
#include <memory>
#include <thread>
#include <utility>

namespace transload {

bool BrieflyWaitFor(std::function<void()> call, std::chrono::milliseconds longest) noexcept {
  try {
    auto done = std::make_shared<std::promise<void>>();
    std::future<void> ended = done->get_future();
    std::thread([call = std::move(call), done] {
      try {
        call();
        done->set_value();
      } catch (const std::exception&) {
        done->set_value();  // what it was for has failed: its caller has another way
      }
    }).detach();
    return ended.wait_for(longest) == std::future_status::ready;
  } catch (const std::exception&) {
    // No thread to be had: the caller goes on as if the call had taken too long.
    return false;
  }
}

}  // namespace transload
