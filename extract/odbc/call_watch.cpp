#include "extract/odbc/call_watch.h"

#include <fmt/format.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

#include "core/brief_wait.h"
#include "core/process_end.h"

namespace transload::odbc {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kLook{200};
// What a cancelled call, or a driver's own deadline, may take longer.
constexpr milliseconds kGrace{2'000};

}  // namespace

// The watches that live, in a list without allocations, and the thread that looks after them.
class CallWatchman {
 public:
  void Add(CallWatch& watch) {
    std::lock_guard lock(mutex_);
    if (!std::exchange(started_, true)) std::thread([this] { Loop(); }).detach();
    watch.number_ = ++last_;
    watch.next_ = first_;
    if (first_ != nullptr) first_->before_ = &watch;
    first_ = &watch;
    if (watch.next_ == nullptr) changed_.notify_all();
  }

  void Remove(CallWatch& watch) {
    std::lock_guard lock(mutex_);
    (watch.before_ != nullptr ? watch.before_->next_ : first_) = watch.next_;
    if (watch.next_ != nullptr) watch.next_->before_ = watch.before_;
  }

 private:
  using Clock = CallWatch::Clock;

  static milliseconds Lasting(const CallWatch& watch) {
    const Clock::time_point since{Clock::duration(watch.since_.load())};
    return std::chrono::duration_cast<milliseconds>(Clock::now() - since);
  }

  void Loop() {
    std::unique_lock lock(mutex_);
    for (;;) {
      if (first_ == nullptr) changed_.wait(lock, [this] { return first_ != nullptr; });
      for (CallWatch* watch = first_; watch != nullptr; watch = watch->next_) {
        const milliseconds lasting = Lasting(*watch);
        if (lasting <= watch->longest_ || watch->limits_.only_asks) continue;
        if (watch->cancelled_ && lasting <= watch->longest_ + kGrace) continue;
        Overdue(*watch, lock);
        break;  // the list may be another one by now
      }
      lock.unlock();
      std::this_thread::sleep_for(kLook);
      lock.lock();
    }
  }

  // Unlocked while it asks: the call may end meanwhile, and the watch with it.
  void Overdue(CallWatch& watch, std::unique_lock<std::mutex>& lock) {
    const CallLimits& limits = watch.limits_;
    if (watch.cancelled_) {
      EndProcess(watch.silence_ == Silence::kIsARefusal ? ExitCode::kRefused : ExitCode::kStopped,
                 fmt::format("source {}: its ODBC driver has not come back for {} s, and cannot be "
                             "called back; look after the network and the server (--stall-timeout, "
                             "--connect-timeout), then the same command goes on from here",
                             limits.shown, Lasting(watch).count() / 1000));
    }
    const unsigned long number = watch.number_;
    if (watch.silence_ == Silence::kIsAskedAbout && limits.answers) {
      auto answers = std::make_shared<std::atomic<bool>>(false);
      const milliseconds time = limits.connect + kGrace;
      auto ask = [answers, call = limits.answers] { *answers = call(); };
      lock.unlock();
      BrieflyWaitFor(ask, time);
      lock.lock();
      CallWatch* same = Find(number);
      if (same == nullptr) return;
      if (*answers) {
        same->Moved();
        return;
      }
    }
    CallWatch* same = Find(number);
    same->cancelled_ = true;
    // Given up for good after the grace, whatever the cancelling needs.
    if (same->statement_ != nullptr) {
      BrieflyWaitFor([statement = same->statement_] { SQLCancel(statement); }, kLook);
    }
  }

  CallWatch* Find(unsigned long number) const {
    CallWatch* watch = first_;
    while (watch != nullptr && watch->number_ != number) watch = watch->next_;
    return watch;
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  CallWatch* first_ = nullptr;
  unsigned long last_ = 0;
  bool started_ = false;
};

namespace {

CallWatchman& TheWatchman() {
  // Never destroyed: at exit its thread may be asking a server that does not answer.
  static CallWatchman& watchman = *new CallWatchman;
  return watchman;
}

}  // namespace

CallWatch::CallWatch(const CallLimits& limits, milliseconds longest, Silence silence,
                     SQLHSTMT statement)
    : limits_(limits), longest_(longest), silence_(silence), statement_(statement) {
  Moved();
  TheWatchman().Add(*this);
}

CallWatch::~CallWatch() { TheWatchman().Remove(*this); }

void CallWatch::Moved() { since_ = Clock::now().time_since_epoch().count(); }

}  // namespace transload::odbc
