#include "tests/rig/proxy.h"

#include <gtest/gtest.h>
#include <libpq-fe.h>
#include <poll.h>

#include <chrono>
#include <memory>
#include <string>

#include "tests/rig/shared_servers.h"

namespace transload::rig {
namespace {

using Connection = std::unique_ptr<PGconn, decltype(&PQfinish)>;

Connection Connect(const Proxy& proxy) {
  const std::string conninfo =
      "host=127.0.0.1 user=postgres dbname=postgres sslmode=disable "
      "gssencmode=disable port=" +
      std::to_string(proxy.port());
  return {PQconnectdb(conninfo.c_str()), &PQfinish};
}

Proxy ToSharedPostgres() { return Proxy::ToTcp(SharedPostgres().port()); }

// The one value of a query, or the empty string when the connection broke.
std::string Ask(const Connection& connection, const std::string& sql) {
  std::unique_ptr<PGresult, decltype(&PQclear)> result(PQexec(connection.get(), sql.c_str()),
                                                       &PQclear);
  return PQresultStatus(result.get()) == PGRES_TUPLES_OK ? PQgetvalue(result.get(), 0, 0) : "";
}

// Whether the server said something within the limit.
bool Readable(const Connection& connection, int limit_ms) {
  pollfd waited = {PQsocket(connection.get()), POLLIN, 0};
  return ::poll(&waited, 1, limit_ms) == 1;
}

TEST(Proxy, ForwardsBothWays) {
  Proxy proxy = ToSharedPostgres();
  Connection connection = Connect(proxy);
  EXPECT_EQ(Ask(connection, "select length('" + std::string(500'000, 'x') + "')"), "500000");
  EXPECT_EQ(Ask(connection, "select repeat('y', 300000)").size(), 300'000U);
  EXPECT_GT(proxy.bytes_forwarded(), 800'000U);
  EXPECT_EQ(proxy.connections_accepted(), 1U);
}

TEST(Proxy, ForwardsToAUnixSocket) {
  const PostgresServer& server = SharedPostgres();
  Proxy proxy =
      Proxy::ToUnixSocket(server.socket_dir() + "/.s.PGSQL." + std::to_string(server.port()));
  EXPECT_EQ(Ask(Connect(proxy), "select 42"), "42");
}

TEST(Proxy, DelaysWhatIsSaid) {
  Proxy proxy = ToSharedPostgres();
  Connection connection = Connect(proxy);
  proxy.Delay(std::chrono::milliseconds(30));
  const auto asked = std::chrono::steady_clock::now();
  EXPECT_EQ(Ask(connection, "select 1"), "1");
  EXPECT_GE(std::chrono::steady_clock::now() - asked, std::chrono::milliseconds(60));
}

TEST(Proxy, CutEndsStandingConnectionsOnly) {
  Proxy proxy = ToSharedPostgres();
  Connection first = Connect(proxy);
  EXPECT_EQ(Ask(first, "select 1"), "1");
  proxy.Cut();
  EXPECT_EQ(Ask(first, "select 1"), "");
  EXPECT_EQ(Ask(Connect(proxy), "select 1"), "1");
  EXPECT_EQ(proxy.cuts(), 1U);
}

TEST(Proxy, CutAfterBreaksInTheMiddleOfAnAnswer) {
  Proxy proxy = ToSharedPostgres();
  Connection connection = Connect(proxy);
  const std::uint64_t before = proxy.bytes_forwarded();
  proxy.CutAfter(100'000);
  EXPECT_EQ(Ask(connection, "select repeat('y', 1000000)"), "");
  EXPECT_EQ(proxy.bytes_forwarded(), before + 100'000);
  EXPECT_EQ(proxy.cuts(), 1U);
  EXPECT_EQ(Ask(Connect(proxy), "select repeat('y', 1000000)").size(), 1'000'000U);
}

TEST(Proxy, StallMovesNothingUntilResume) {
  Proxy proxy = ToSharedPostgres();
  Connection connection = Connect(proxy);
  proxy.Stall();
  ASSERT_EQ(PQsendQuery(connection.get(), "select 7"), 1);
  EXPECT_FALSE(Readable(connection, 100));
  EXPECT_EQ(PQstatus(connection.get()), CONNECTION_OK);
  proxy.Resume();
  EXPECT_TRUE(Readable(connection, 10'000));
}

TEST(Proxy, StallAfterStopsInTheMiddleOfAnAnswer) {
  Proxy proxy = ToSharedPostgres();
  Connection connection = Connect(proxy);
  const std::uint64_t before = proxy.bytes_forwarded();
  proxy.StallAfter(50'000);
  ASSERT_EQ(PQsendQuery(connection.get(), "select repeat('y', 1000000)"), 1);
  EXPECT_TRUE(Readable(connection, 10'000));
  while (PQconsumeInput(connection.get()) == 1 && Readable(connection, 100)) continue;
  EXPECT_EQ(proxy.bytes_forwarded(), before + 50'000);
  EXPECT_EQ(PQisBusy(connection.get()), 1);
}

TEST(Proxy, RefusesUntilResume) {
  Proxy proxy = ToSharedPostgres();
  proxy.CutAndRefuse();
  EXPECT_EQ(PQstatus(Connect(proxy).get()), CONNECTION_BAD);
  proxy.Resume();
  EXPECT_EQ(PQstatus(Connect(proxy).get()), CONNECTION_OK);
}

TEST(Proxy, SlowHoldsTheRate) {
  Proxy proxy = ToSharedPostgres();
  Connection connection = Connect(proxy);
  proxy.Slow(500'000);
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(Ask(connection, "select repeat('y', 200000)").size(), 200'000U);
  EXPECT_GT(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(300));
}

TEST(Proxy, IsAServerThatIsDownWhenItsTargetIs) {
  Proxy proxy = Proxy::ToUnixSocket("/nonexistent/socket");
  EXPECT_EQ(PQstatus(Connect(proxy).get()), CONNECTION_BAD);
}

}  // namespace
}  // namespace transload::rig
