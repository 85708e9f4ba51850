// A loopback TCP proxy in front of a server, to break the network on purpose.
//
//   rig::Proxy proxy = rig::Proxy::ToTcp(server.port());
//   connect(server.TcpUrl("shop", "root", proxy.port()));
//   proxy.CutAfter(100'000);
//
// All methods may be called from any thread and act on the connections that stand and on those to
// come, unless they say otherwise. Byte counts are of both directions, from all connections.
#ifndef TRANSLOAD_TESTS_RIG_PROXY_H_
#define TRANSLOAD_TESTS_RIG_PROXY_H_

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

namespace transload::rig {

class Proxy {
 public:
  static Proxy ToTcp(std::uint16_t port);  // 127.0.0.1:port
  static Proxy ToUnixSocket(const std::string& path);
  ~Proxy();
  Proxy(Proxy&&) noexcept;
  Proxy& operator=(Proxy&&) noexcept;

  std::uint16_t port() const;

  // Resets every connection that stands (RST: the peers see "connection reset by peer"). New
  // connections are accepted again at once.
  void Cut();
  // Cut, and every new connection is reset too, until Resume.
  void CutAndRefuse();
  // Moves no byte any more and keeps all connections open: what a lost route looks like to TCP.
  // New connections are accepted and get no answer.
  void Stall();
  // Back to plain forwarding at full speed; cancels Stall, CutAndRefuse, Delay, Slow and
  // CutAfter.
  void Resume();
  // Every piece that is read waits so long before it goes on: a far server. One at a time, so that
  // it is for a few questions and not for many rows.
  void Delay(std::chrono::milliseconds each);
  // All connections together.
  void Slow(std::uint64_t bytes_per_second);
  // Cut() as soon as so many further bytes have been forwarded, exactly once.
  void CutAfter(std::uint64_t bytes);
  // Stall() as soon as so many further bytes have been forwarded.
  void StallAfter(std::uint64_t bytes);
  // Stall() as soon as a client has said this, in one piece and in plain text: the server hears it,
  // and its answer is not let through. Cancelled by Resume, too.
  void StallAt(const std::string& text);
  bool stalled() const;

  std::uint64_t bytes_forwarded() const;
  std::uint64_t connections_accepted() const;
  // How often Cut or CutAfter ended connections.
  std::uint64_t cuts() const;

 private:
  struct State;
  explicit Proxy(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace transload::rig

#endif  // TRANSLOAD_TESTS_RIG_PROXY_H_
