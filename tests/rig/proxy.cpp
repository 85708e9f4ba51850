#include "tests/rig/proxy.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <limits>
#include <list>
#include <mutex>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace transload::rig {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint64_t kUnlimited = std::numeric_limits<std::uint64_t>::max();
constexpr std::size_t kBufferBytes = 64 << 10;

class Fd {
 public:
  explicit Fd(int fd = -1) : fd_(fd) {}
  ~Fd() {
    if (fd_ >= 0) ::close(fd_);
  }
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

// Where a proxy forwards to.
struct Endpoint {
  std::uint16_t port = 0;
  std::string unix_path;
};

sockaddr_in Loopback(std::uint16_t port) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

Fd ConnectTo(const Endpoint& endpoint) {
  if (endpoint.unix_path.empty()) {
    const sockaddr_in address = Loopback(endpoint.port);
    Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      return Fd();
    }
    return fd;
  }
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, endpoint.unix_path.c_str(), sizeof address.sun_path - 1);
  Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return Fd();
  }
  return fd;
}

void MakeNonBlocking(const Fd& fd) {
  ::fcntl(fd.get(), F_SETFL, ::fcntl(fd.get(), F_GETFL) | O_NONBLOCK);
}

// Closing the descriptor then sends RST instead of FIN.
void ResetOnClose(const Fd& fd) {
  const linger now = {1, 0};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

// One direction of a connection: what was read and not yet written on.
struct Flow {
  std::vector<char> waiting;
  std::size_t sent = 0;
  bool ended = false;  // the reading side said EOF
  bool end_passed_on = false;

  bool empty() const { return sent == waiting.size(); }
};

struct Link {
  Fd client;
  Fd server;
  Flow to_server;
  Flow to_client;
};

bool WouldBlock() { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }

// Reads when nothing waits. False when the connection is broken.
bool Fill(const Fd& from, Flow& flow) {
  if (!flow.empty() || flow.ended) return true;
  flow.waiting.resize(kBufferBytes);
  flow.sent = 0;
  const ssize_t n = ::recv(from.get(), flow.waiting.data(), flow.waiting.size(), 0);
  flow.waiting.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
  if (n == 0) flow.ended = true;
  return n >= 0 || WouldBlock();
}

}  // namespace

struct Proxy::State {
  const Endpoint target;
  Fd listener;
  Fd wake;
  std::uint16_t port = 0;

  std::mutex mutex;  // guards everything below; not held while the thread waits
  std::list<Link> links;
  std::list<Fd> unanswered;      // accepted during a stall
  std::uint64_t generation = 0;  // changes when links go: what poll() said is stale then
  bool stalled = false;
  bool refusing = false;
  bool stopping = false;
  std::uint64_t cut_after = kUnlimited;
  std::uint64_t stall_after = kUnlimited;
  std::string stall_at;  // empty: nothing
  std::chrono::milliseconds delay{0};
  std::uint64_t bytes_per_second = kUnlimited;
  double allowance = 0;  // bytes that may be sent now, at a limited rate
  Clock::time_point allowance_time = Clock::now();
  std::uint64_t forwarded = 0;
  std::uint64_t accepted = 0;
  std::uint64_t cuts = 0;

  std::thread thread;

  explicit State(Endpoint endpoint)
      : target(std::move(endpoint)),
        listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)),
        wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    sockaddr_in address = Loopback(0);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (::bind(listener.get(), generic, size) != 0 || ::listen(listener.get(), 128) != 0 ||
        ::getsockname(listener.get(), generic, &size) != 0) {
      throw std::system_error(errno, std::generic_category(), "proxy");
    }
    port = ntohs(address.sin_port);
    thread = std::thread([this] { Loop(); });
  }

  ~State() {
    {
      std::lock_guard lock(mutex);
      stopping = true;
    }
    Wake();
    thread.join();
  }

  void Wake() const {
    const std::uint64_t one = 1;
    [[maybe_unused]] ssize_t n = ::write(wake.get(), &one, sizeof one);
  }

  void CutLocked() {
    for (const Link& link : links) {
      ResetOnClose(link.client);
      ResetOnClose(link.server);
    }
    for (const Fd& client : unanswered) ResetOnClose(client);
    links.clear();
    unanswered.clear();
    ++generation;
    ++cuts;
  }

  void Loop() {
    std::vector<pollfd> polled;
    for (;;) {
      std::uint64_t seen = 0;
      int timeout_ms = -1;
      {
        std::lock_guard lock(mutex);
        if (stopping) return;
        seen = generation;
        timeout_ms = RefillAllowance();
        CollectPolled(polled, timeout_ms);
      }
      ::poll(polled.data(), polled.size(), timeout_ms);
      std::uint64_t ignored = 0;
      [[maybe_unused]] ssize_t n = ::read(wake.get(), &ignored, sizeof ignored);
      std::lock_guard lock(mutex);
      if (stopping) return;
      if (generation != seen) continue;
      Accept();
      if (!stalled) MoveAll();
    }
  }

  // Adds what has been earned since the last time. Returns how long to wait when nothing may be
  // sent now, else -1.
  int RefillAllowance() {
    const Clock::time_point now = Clock::now();
    if (bytes_per_second != kUnlimited) {
      const double seconds = std::chrono::duration<double>(now - allowance_time).count();
      const double rate = static_cast<double>(bytes_per_second);
      allowance = std::min(allowance + seconds * rate, rate / 20 + 1);  // bursts of 50 ms
    }
    allowance_time = now;
    return bytes_per_second != kUnlimited && allowance < 1 ? 10 : -1;
  }

  void CollectPolled(std::vector<pollfd>& polled, int timeout_ms) {
    polled.clear();
    polled.push_back({wake.get(), POLLIN, 0});
    polled.push_back({listener.get(), POLLIN, 0});
    if (stalled || timeout_ms >= 0) return;  // may not move anything now
    for (const Link& link : links) {
      AddPolled(polled, link.client, link.to_server, link.to_client);
      AddPolled(polled, link.server, link.to_client, link.to_server);
    }
  }

  static void AddPolled(std::vector<pollfd>& polled, const Fd& fd, const Flow& from_it,
                        const Flow& to_it) {
    int events = 0;
    if (from_it.empty() && !from_it.ended) events |= POLLIN;
    if (!to_it.empty()) events |= POLLOUT;
    // One with nothing to do is left out: it would report its hang-up again and again.
    if (events != 0) polled.push_back({fd.get(), static_cast<short>(events), 0});
  }

  void Accept() {
    for (;;) {
      Fd client(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
      if (client.get() < 0) break;
      ++accepted;
      if (refusing) {
        ResetOnClose(client);
      } else {
        unanswered.push_back(std::move(client));
      }
    }
    if (stalled) return;
    for (; !unanswered.empty(); unanswered.pop_front()) {
      Link link = {std::move(unanswered.front()), ConnectTo(target), {}, {}};
      if (link.server.get() < 0) {
        ResetOnClose(link.client);
        continue;
      }
      MakeNonBlocking(link.server);
      links.push_back(std::move(link));
      ++generation;
    }
  }

  void MoveAll() {
    RefillAllowance();
    for (auto link = links.begin(); link != links.end();) {
      const std::uint64_t before = generation;
      const bool alive = Move(*link);
      if (generation != before) return;  // a cut took all links away
      if (stalled) return;
      link = alive ? std::next(link) : links.erase(link);
    }
  }

  // False when the link has ended, in order or not.
  bool Move(Link& link) {
    const std::uint64_t before = generation;
    bool alive = Fill(link.client, link.to_server) && Fill(link.server, link.to_client);
    if (!link.to_server.empty() || !link.to_client.empty()) std::this_thread::sleep_for(delay);
    const bool said = Holds(link.to_server, stall_at);
    alive = alive && Send(link.to_server, link.server);
    if (said && link.to_server.empty()) stalled = true;
    if (generation != before || stalled) return true;
    alive = alive && Send(link.to_client, link.client);
    if (generation != before || stalled) return true;
    if (!alive) {
      ResetOnClose(link.client);
      ResetOnClose(link.server);
      return false;
    }
    return !(link.to_server.end_passed_on && link.to_client.end_passed_on);
  }

  static bool Holds(const Flow& flow, const std::string& text) {
    return !text.empty() && !flow.empty() &&
           std::search(flow.waiting.begin(), flow.waiting.end(), text.begin(), text.end()) !=
               flow.waiting.end();
  }

  bool Send(Flow& flow, const Fd& to) {
    if (flow.empty()) {
      if (flow.ended && !flow.end_passed_on) {
        ::shutdown(to.get(), SHUT_WR);
        flow.end_passed_on = true;
      }
      return true;
    }
    std::uint64_t limit =
        std::min({std::uint64_t{flow.waiting.size() - flow.sent}, cut_after, stall_after});
    if (bytes_per_second != kUnlimited) {
      limit = std::min(limit, static_cast<std::uint64_t>(std::max(allowance, 0.0)));
    }
    if (limit == 0) return true;
    const ssize_t n =
        ::send(to.get(), flow.waiting.data() + flow.sent, limit, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0) return WouldBlock();
    flow.sent += static_cast<std::size_t>(n);
    Account(static_cast<std::uint64_t>(n));
    return true;
  }

  void Account(std::uint64_t bytes) {
    forwarded += bytes;
    allowance -= static_cast<double>(bytes);
    if (stall_after != kUnlimited && (stall_after -= bytes) == 0) {
      stalled = true;
      stall_after = kUnlimited;
    }
    if (cut_after != kUnlimited && (cut_after -= bytes) == 0) {
      cut_after = kUnlimited;
      CutLocked();
    }
  }
};

Proxy::Proxy(std::unique_ptr<State> state) : state_(std::move(state)) {}
Proxy::Proxy(Proxy&&) noexcept = default;
Proxy& Proxy::operator=(Proxy&&) noexcept = default;
Proxy::~Proxy() = default;

Proxy Proxy::ToTcp(std::uint16_t port) {
  return Proxy(std::make_unique<State>(Endpoint{port, {}}));
}

Proxy Proxy::ToUnixSocket(const std::string& path) {
  return Proxy(std::make_unique<State>(Endpoint{0, path}));
}

std::uint16_t Proxy::port() const { return state_->port; }

void Proxy::Cut() {
  std::lock_guard lock(state_->mutex);
  state_->CutLocked();
  state_->Wake();
}

void Proxy::CutAndRefuse() {
  std::lock_guard lock(state_->mutex);
  state_->refusing = true;
  state_->CutLocked();
  state_->Wake();
}

void Proxy::Stall() {
  std::lock_guard lock(state_->mutex);
  state_->stalled = true;
  ++state_->generation;
  state_->Wake();
}

void Proxy::Resume() {
  std::lock_guard lock(state_->mutex);
  state_->stalled = false;
  state_->refusing = false;
  state_->cut_after = kUnlimited;
  state_->stall_after = kUnlimited;
  state_->stall_at.clear();
  state_->delay = std::chrono::milliseconds(0);
  state_->bytes_per_second = kUnlimited;
  state_->Wake();
}

void Proxy::Delay(std::chrono::milliseconds each) {
  std::lock_guard lock(state_->mutex);
  state_->delay = each;
}

void Proxy::Slow(std::uint64_t bytes_per_second) {
  if (bytes_per_second == 0) throw std::invalid_argument("use Stall for a rate of nothing");
  std::lock_guard lock(state_->mutex);
  state_->bytes_per_second = bytes_per_second;
  state_->allowance = 0;
  state_->allowance_time = Clock::now();
  state_->Wake();
}

void Proxy::CutAfter(std::uint64_t bytes) {
  if (bytes == 0) return Cut();
  std::lock_guard lock(state_->mutex);
  state_->cut_after = bytes;
  state_->Wake();
}

void Proxy::StallAfter(std::uint64_t bytes) {
  if (bytes == 0) return Stall();
  std::lock_guard lock(state_->mutex);
  state_->stall_after = bytes;
  state_->Wake();
}

void Proxy::StallAt(const std::string& text) {
  std::lock_guard lock(state_->mutex);
  state_->stall_at = text;
}

bool Proxy::stalled() const {
  std::lock_guard lock(state_->mutex);
  return state_->stalled;
}

std::uint64_t Proxy::bytes_forwarded() const {
  std::lock_guard lock(state_->mutex);
  return state_->forwarded;
}

std::uint64_t Proxy::connections_accepted() const {
  std::lock_guard lock(state_->mutex);
  return state_->accepted;
}

std::uint64_t Proxy::cuts() const {
  std::lock_guard lock(state_->mutex);
  return state_->cuts;
}

}  // namespace transload::rig
