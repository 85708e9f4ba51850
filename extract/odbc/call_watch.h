// A deadline for calls into drivers, which have none of their own that could be relied on.
//
// A call that lasts longer than the stall timeout is cancelled, and when not even that brings it
// back, the process ends (core/process_end.h): no thread can be called out of a driver that waits
// for a dead network. Where a source may work without a word, it is first asked for another
// connection: one that lets us in is taken to be at work.
#ifndef TRANSLOAD_EXTRACT_ODBC_CALL_WATCH_H_
#define TRANSLOAD_EXTRACT_ODBC_CALL_WATCH_H_

#include <sql.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <string>

namespace transload::odbc {

struct CallLimits {
  std::chrono::milliseconds connect{10'000};
  std::chrono::milliseconds stall{300'000};
  std::string shown;              // the source, for people
  bool only_asks = false;         // a connection that asks whether a server answers: unwatched
  std::function<bool()> answers;  // connects anew; false when nobody answers. Any thread
};

enum class Silence {
  kIsAskedAbout,
  kIsALoss,
  kIsARefusal,  // of the first connection: nothing was touched
};

// Watches the calls that are made while it lives, by one thread. `limits` must outlive it;
// `statement` may be null.
class CallWatch {
 public:
  CallWatch(const CallLimits& limits, std::chrono::milliseconds longest, Silence silence,
            SQLHSTMT statement = nullptr);
  ~CallWatch();
  CallWatch(const CallWatch&) = delete;
  CallWatch& operator=(const CallWatch&) = delete;

  void Moved();  // a call came back, and another one follows

 private:
  friend class CallWatchman;
  using Clock = std::chrono::steady_clock;

  const CallLimits& limits_;
  const std::chrono::milliseconds longest_;
  const Silence silence_;
  const SQLHSTMT statement_;
  std::atomic<Clock::rep> since_;
  bool cancelled_ = false;
  unsigned long number_ = 0;
  CallWatch* next_ = nullptr;  // of all that live
  CallWatch* before_ = nullptr;
};

}  // namespace transload::odbc

#endif  // TRANSLOAD_EXTRACT_ODBC_CALL_WATCH_H_
