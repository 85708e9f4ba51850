#include "pipeline/log_flusher.h"

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "tests/rig/postgres_server.h"

namespace transload {
namespace {

using std::chrono::milliseconds;

bool Soon(const std::function<bool()>& wanted) {
  for (int i = 0; i < 600; ++i) {
    if (wanted()) return true;
    std::this_thread::sleep_for(milliseconds(50));
  }
  return false;
}

// Where nobody but the test and the flusher takes transaction numbers.
class LogFlusherTest : public testing::Test {
 protected:
  LogFlusherTest() {
    options_.target_url = server_.Url();
    server_.Execute("create table rows (v text)");
  }
  std::int64_t NextNumber() const {
    return std::stoll(server_.QueryValue("select txid_snapshot_xmax(txid_current_snapshot())"));
  }
  std::string Sessions() const {
    return server_.QueryValue(
        "select count(*) from pg_stat_activity where application_name = 'transload log'");
  }

  rig::PostgresServer server_ =
      rig::PostgresServer::Start({.settings = {{"autovacuum", "off"},
                                               {"synchronous_commit", "off"},
                                               {"wal_buffers", "1MB"},
                                               {"wal_writer_delay", "10s"},
                                               {"wal_writer_flush_after", "1GB"}}});
  Options options_;
};

TEST_F(LogFlusherTest, FlushesWhatOthersHaveWrittenAndNothingElse) {
  auto flusher = std::make_unique<LogFlusher>(options_);
  ASSERT_TRUE(Soon([&] { return Sessions() == "1"; }));
  server_.Execute("checkpoint");
  const std::int64_t idle = NextNumber();
  std::this_thread::sleep_for(milliseconds(400));
  EXPECT_EQ(NextNumber(), idle);
  // One number for the rows. Whoever takes a second one has flushed them.
  EXPECT_TRUE(Soon([&] {
    const std::int64_t before = NextNumber();
    server_.Execute("insert into rows select repeat('x', 1000) from generate_series(1, 600)");
    std::this_thread::sleep_for(milliseconds(300));
    return NextNumber() > before + 1;
  }));
  flusher.reset();
  EXPECT_TRUE(Soon([&] { return Sessions() == "0"; }));
}

TEST_F(LogFlusherTest, EndsWithItsServer) {
  LogFlusher flusher(options_);
  ASSERT_TRUE(Soon([&] { return Sessions() == "1"; }));
  server_.Execute(
      "select pg_terminate_backend(pid) from pg_stat_activity where application_name = "
      "'transload log'");
  EXPECT_TRUE(Soon([&] { return Sessions() == "0"; }));
}

}  // namespace
}  // namespace transload
