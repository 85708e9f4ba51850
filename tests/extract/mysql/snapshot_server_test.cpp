// Snapshots, logins, TLS and preflight, on real servers.
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <thread>

#include "extract/mysql/control_connection.h"
#include "extract/mysql/data_connection.h"
#include "tests/extract/mysql/mysql_source_test.h"

namespace transload {
namespace {

class MySqlSnapshotTest : public MySqlSourceTest {
 protected:
  std::string UserUrl(const std::string& user) {
    std::string url = server().Url(database_);
    std::string root = "root@";
    return url.replace(url.find(root), root.size(), user + ":pw@");
  }
  Options As(const std::string& user) {
    Options options = MakeOptions();
    options.source_url = UserUrl(user);
    return options;
  }
  std::string User() const {
    return "u" + database_.substr(database_.size() > 12 ? database_.size() - 12 : 0);
  }
  std::string NewUser(const std::string& grant) {
    const std::string user = User();
    server().CreateUser(user, "pw");
    server().Execute("GRANT " + grant + " TO '" + user + "'@'%'");
    return user;
  }
  static Error Failure(const std::function<void()>& what) {
    try {
      what();
    } catch (const Error& error) {
      return error;
    }
    ADD_FAILURE() << "nothing failed";
    return Error("");
  }
  static CheckResult Result(const std::vector<PreflightItem>& items, const std::string& subject) {
    for (const PreflightItem& item : items) {
      if (item.subject == subject) return item.result;
    }
    ADD_FAILURE() << "no item " << subject;
    return CheckResult::kRefusal;
  }
};

TEST_P(MySqlSnapshotTest, AllReadersSeeOnePointInTimeWhileOthersWrite) {
  Execute(
      "CREATE TABLE a (id INT PRIMARY KEY, v INT); CREATE TABLE b (id INT PRIMARY KEY, v INT);"
      "INSERT INTO a VALUES (1, 0); INSERT INTO b VALUES (1, 0)");
  auto source = Open();
  std::atomic<bool> stop{false};
  std::vector<std::thread> writers;
  for (int i = 0; i < 2; ++i) {
    writers.emplace_back([&] {
      while (!stop) {
        Execute("START TRANSACTION; UPDATE a SET v = v + 1; UPDATE b SET v = v + 1; COMMIT");
      }
    });
  }
  for (int round = 0; round < 3; ++round) {
    SnapshotInfo info = source->TakeSnapshot({.readers = 4, .spares = 1, .tables = {}});
    EXPECT_TRUE(info.proven);
    EXPECT_FALSE(info.position.empty());
    std::vector<std::string> seen;
    for (int i = 0; i < 5; ++i) {
      auto reader = source->NewReader();
      for (const char* table : {"a", "b"}) {
        ReadRequest request;
        request.schema = database_;
        request.table = table;
        request.columns = {{"v", "", CellFormat::kSigned}};
        seen.push_back(ReadAll(*reader, request).at(0));
      }
    }
    for (const std::string& row : seen) EXPECT_EQ(row, seen.front());
  }
  stop = true;
  for (std::thread& writer : writers) writer.join();
}

TEST_P(MySqlSnapshotTest, TheSourcesPositionTellsWhetherItMoved) {
  Execute("CREATE TABLE t (id INT PRIMARY KEY)");
  auto source = Open();
  SnapshotInfo info = source->TakeSnapshot({});
  EXPECT_EQ(info.method, "flush tables with read lock");
  EXPECT_EQ(source->CurrentPosition(), info.position);
  Execute("INSERT INTO t VALUES (1)");
  EXPECT_NE(source->CurrentPosition(), info.position);
}

TEST_P(MySqlSnapshotTest, ATableThatWasPutInAnothersPlaceIsNotTakenForIt) {
  Execute("CREATE TABLE t (v INT) ENGINE=InnoDB; INSERT INTO t VALUES (1), (2)");
  std::this_thread::sleep_for(std::chrono::milliseconds(1100));  // times are whole seconds
  Execute("CREATE TABLE t_new (v INT) ENGINE=InnoDB; INSERT INTO t_new VALUES (1)");
  const std::string user = NewUser("SELECT, LOCK TABLES ON `" + database_ + "`.*");
  auto source = OpenSource(As(user));
  std::this_thread::sleep_for(std::chrono::milliseconds(1100));
  source->TakeSnapshot({});
  Execute("RENAME TABLE t TO t_old, t_new TO t");
  auto reader = source->NewReader();
  const Error error = Failure([&] { reader->CountRows(database_, "t", ""); });
  EXPECT_TRUE(error.snapshot_lost) << error.what();
  source = OpenSource(As(user));
  source->TakeSnapshot({});
  EXPECT_EQ(source->NewReader()->CountRows(database_, "t", ""), 1U);
}

TEST_P(MySqlSnapshotTest, AStatementThatWaitsForTheSnapshotEndsIt) {
  Execute(
      "CREATE TABLE t (v INT AUTO_INCREMENT PRIMARY KEY) ENGINE=InnoDB; INSERT INTO t VALUES (1), "
      "(2)");
  const std::string user = NewUser("SELECT, LOCK TABLES ON `" + database_ + "`.*");
  auto source = OpenSource(As(user));
  const SourceTable table = TableNamed(*source, "t");
  source->TakeSnapshot({.readers = 2, .tables = {}});
  auto first = source->NewReader();
  auto second = source->NewReader();
  EXPECT_EQ(first->CountRows(database_, "t", ""), 2U);
  std::thread altering([&] { Execute("ALTER TABLE t ADD COLUMN w INT"); });
  while (Value("SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE STATE LIKE "
               "'Waiting for table metadata lock%' AND INFO LIKE 'ALTER%'") == "0") {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  EXPECT_EQ(first->CountRows(database_, "t", ""), 2U);
  const Error error = Failure([&] { second->CountRows(database_, "t", ""); });
  source->Release(std::move(first));
  EXPECT_EQ(source->NextAutoValue(table), "3");
  EXPECT_TRUE(error.snapshot_lost && !error.retryable) << error.what();
  second.reset();
  source.reset();
  altering.join();
}

std::unique_ptr<Source> OpenTest(const rig::MySqlFamilyServer& server, const std::string& user) {
  Options options;
  options.source_url = server.TcpUrl("test", user);
  return OpenSource(options);
}

TEST(MariaDbSnapshot, AServersLimitOfStatementsDoesNotEndTheWaitForItsLock) {
  rig::MariaDbServer server =
      rig::MariaDbServer::Start({.settings = {{"max_statement_time", "1"}}});
  server.Execute("create table t (id int primary key)", "test");
  std::thread writer([&] {
    server.Execute("set max_statement_time = 0; lock tables t write; do sleep(2)", "test");
  });
  while (server.Query("show open tables where in_use > 0 and `table` = 't'").empty()) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  const SnapshotInfo info = OpenTest(server, "root")->TakeSnapshot({});
  writer.join();
  EXPECT_EQ(info.method, "flush tables with read lock");
}

// A replica that does not log what it replicates: its log stands still while rows change.
TEST(MariaDbReplica, ALogWithoutWhatIsReplicatedProvesNothing) {
  rig::MariaDbServer server = rig::MariaDbServer::Start();
  server.CreateUser("reader", "");
  server.Execute(
      "create table t (id int primary key); grant select on test.* to reader;"
      "grant binlog monitor on *.* to reader",
      "test");
  EXPECT_FALSE(OpenTest(server, "root")->CurrentPosition().empty());
  EXPECT_EQ(OpenTest(server, "reader")->TakeSnapshot({}).method, "equal binary log positions");
  server.Execute("set global gtid_slave_pos = '7-7-7'");  // as one that has replicated
  EXPECT_TRUE(OpenTest(server, "root")->CurrentPosition().empty());
  EXPECT_TRUE(OpenTest(server, "root")->TakeSnapshot({}).proven);
  EXPECT_THROW(OpenTest(server, "reader")->TakeSnapshot({}), Error);
}

TEST(MySqlReplicaMatrix, ALogWithoutWhatIsReplicatedProvesNothing) {
  rig::MySqlServer old = rig::MySqlServer::Start({.version = "5.6"});
  EXPECT_FALSE(OpenTest(old, "root")->CurrentPosition().empty());
  old.Execute("change master to master_host = '127.0.0.1', master_port = 1");
  EXPECT_TRUE(OpenTest(old, "root")->CurrentPosition().empty());
  rig::MySqlServer unlogged =
      rig::MySqlServer::Start({.settings = {{"log_replica_updates", "OFF"}}});
  EXPECT_FALSE(OpenTest(unlogged, "root")->CurrentPosition().empty());
  unlogged.Execute("change replication source to source_host = '127.0.0.1', source_port = 1");
  EXPECT_TRUE(OpenTest(unlogged, "root")->CurrentPosition().empty());
}

TEST(MariaDbLogFilter, ALogThatLeavesDatabasesOutProvesNothing) {
  const rig::MariaDbServer server =
      rig::MariaDbServer::Start({.settings = {{"binlog_ignore_db", "other"}}});
  EXPECT_TRUE(OpenTest(server, "root")->CurrentPosition().empty());
}

TEST_P(MySqlSnapshotTest, ALogWhoseFiltersAreNotSeenProvesNothing) {
  const std::string user = NewUser("SELECT ON `" + database_ + "`.*");
  EXPECT_TRUE(OpenSource(As(user))->CurrentPosition().empty());
  EXPECT_EQ(Failure([&] { OpenSource(As(user))->TakeSnapshot({}); }).exit_code, ExitCode::kRefused);
  const std::string seeing = mariadb() ? "BINLOG MONITOR" : "REPLICATION CLIENT";
  server().Execute("GRANT " + seeing + " ON *.* TO '" + user + "'@'%'");
  EXPECT_FALSE(OpenSource(As(user))->CurrentPosition().empty());
}

TEST_P(MySqlSnapshotTest, AnExpiredPasswordIsNamed) {
  const std::string user = NewUser("SELECT ON `" + database_ + "`.*");
  server().Execute(old() ? "ALTER USER '" + user + "'@'%' PASSWORD EXPIRE"
                         : "ALTER USER '" + user + "' PASSWORD EXPIRE");
  const Error error = Failure([&] { OpenSource(As(user)); });
  EXPECT_EQ(error.exit_code, ExitCode::kRefused);
  EXPECT_NE(std::string(error.what()).find("SET PASSWORD"), std::string::npos) << error.what();
}

TEST_P(MySqlSnapshotTest, AWaitingLockIsGivenUpAndWritersGoOn) {
  Execute("CREATE TABLE t (id INT PRIMARY KEY) ENGINE=InnoDB; CREATE TABLE w (id INT PRIMARY KEY)");
  auto source = Open();
  mysql::Endpoint endpoint;
  endpoint.socket = server().socket();
  endpoint.user = "root";
  endpoint.database = database_;
  endpoint.url_password = "";
  mysql::DataConnection holder(endpoint);
  holder.Query("LOCK TABLES t WRITE");
  // While the lock is waited for, a writer of another table is behind it, and must come through.
  std::thread writer([&] { Execute("INSERT INTO w VALUES (1)"); });
  SnapshotRequest request{.lock_wait_ms = 300, .tables = {}};
  if (mariadb()) {
    EXPECT_EQ(source->TakeSnapshot(request).method, "equal binary log positions");
  } else {
    EXPECT_EQ(Failure([&] { source->TakeSnapshot(request); }).exit_code, ExitCode::kRefused);
  }
  writer.join();
  EXPECT_EQ(holder.Query("SELECT COUNT(*) FROM t").rows.size(), 1u) << "the holder was not touched";
}

TEST_P(MySqlSnapshotTest, WithoutTheRightToLockMariaDbNeedsToSeeItsLog) {
  Execute("CREATE TABLE t (id INT PRIMARY KEY)");
  Options options = As(NewUser("SELECT ON `" + database_ + "`.*"));
  auto source = OpenSource(options);
  auto items = source->Preflight(options);
  EXPECT_EQ(Result(items, "privilege SELECT"), CheckResult::kOk);
  EXPECT_EQ(Result(items, "privilege RELOAD"), CheckResult::kWarning);
  EXPECT_EQ(Result(items, "privilege LOCK TABLES"), CheckResult::kWarning);
  EXPECT_EQ(Result(items, "snapshot"), CheckResult::kRefusal);
  Error error = Failure([&] { source->TakeSnapshot({}); });
  EXPECT_EQ(error.exit_code, ExitCode::kRefused);
  SnapshotInfo relaxed = source->TakeSnapshot({.consistency = Consistency::kRelaxed, .tables = {}});
  EXPECT_FALSE(relaxed.proven);
  EXPECT_FALSE(relaxed.notes.empty());
  if (!mariadb()) return;
  server().Execute("GRANT BINLOG MONITOR ON *.* TO '" + User() + "'@'%'");
  source = OpenSource(options);
  EXPECT_EQ(Result(source->Preflight(options), "binary log position"), CheckResult::kOk);
  EXPECT_EQ(source->TakeSnapshot({}).method, "equal binary log positions");
}

TEST_P(MySqlSnapshotTest, LockTablesDoesWhereFlushIsNotAllowed) {
  Execute(
      "CREATE TABLE t (id INT PRIMARY KEY); CREATE TABLE `we``ird` (id INT PRIMARY KEY);"
      "CREATE TABLE m (id INT) ENGINE=MyISAM");
  auto source = OpenSource(As(NewUser("SELECT, LOCK TABLES ON `" + database_ + "`.*")));
  SnapshotInfo info = source->TakeSnapshot({});
  EXPECT_TRUE(info.proven);
  EXPECT_EQ(info.method, "lock tables read");
  ASSERT_FALSE(info.notes.empty());
  EXPECT_NE(info.notes.back().find("moment: m"), std::string::npos) << info.notes.back();
  Execute("INSERT INTO t VALUES (1)");  // nothing is locked any more
}

TEST_P(MySqlSnapshotTest, RefusesLoginsWithAReasonAndWithoutThePassword) {
  auto open = [&](const std::string& url) {
    return Failure([&] {
      Options options;
      options.source_url = url;
      OpenSource(options);
    });
  };
  std::string url = server().Url(database_);
  Error missing = open(server().Url("no_such_db"));
  EXPECT_EQ(missing.exit_code, ExitCode::kRefused);
  EXPECT_EQ(missing.code, "1049");
  std::string user = NewUser("SELECT ON `" + database_ + "`.*");
  std::string wrong = UserUrl(user);
  Error denied = open(wrong.replace(wrong.find(":pw@"), 4, ":s3cret@"));
  EXPECT_EQ(denied.exit_code, ExitCode::kRefused);
  EXPECT_EQ(std::string(denied.what()).find("s3cret"), std::string::npos);
  EXPECT_EQ(open("mysql://root@localhost/x?socket=/nowhere/s").exit_code, ExitCode::kRefused);
  EXPECT_EQ(open("mysql://root@localhost/x?ssl-mode=maybe").exit_code, ExitCode::kUsage);
  EXPECT_EQ(open("mysql://root@localhost").exit_code, ExitCode::kUsage);
}

TEST_P(MySqlSnapshotTest, FindsPasswordsInTheEnvironment) {
  std::string user = NewUser("SELECT ON `" + database_ + "`.*");
  std::string url = UserUrl(user);
  Options options;
  options.source_url = url.replace(url.find(":pw@"), 4, "@");
  setenv("TRANSLOAD_SOURCE_PASSWORD", "pw", 1);
  auto source = OpenSource(options);
  unsetenv("TRANSLOAD_SOURCE_PASSWORD");
  setenv("MYSQL_PWD", "pw", 1);
  source = OpenSource(options);
  unsetenv("MYSQL_PWD");
  EXPECT_EQ(Failure([&] { OpenSource(options); }).code, "1045");
}

INSTANTIATE_TEST_SUITE_P(MariaDb, MySqlSnapshotTest, ::testing::Values("mariadb"));
INSTANTIATE_TEST_SUITE_P(Matrix, MySqlSnapshotTest, ::testing::Values("9", "5.6"));

// --- TLS: on both client libraries

class MySqlTlsTest : public ::testing::Test {
 protected:
  // True when both libraries connect; an Error from either is a refusal.
  static bool Connects(const mysql::Endpoint& endpoint, bool* encrypted = nullptr) {
    int connected = 0;
    try {
      mysql::DataConnection data(endpoint);
      if (encrypted != nullptr) *encrypted = data.encrypted();
      ++connected;
    } catch (const Error& error) {
      EXPECT_EQ(error.exit_code, ExitCode::kRefused) << error.what();
    }
    try {
      mysql::ControlConnection control(endpoint);
      ++connected;
    } catch (const Error& error) {
      EXPECT_EQ(error.exit_code, ExitCode::kRefused) << error.what();
    }
    EXPECT_NE(connected, 1) << "the two libraries disagree";
    return connected == 2;
  }
  static mysql::Endpoint To(const rig::MySqlFamilyServer& server, mysql::TlsMode mode) {
    mysql::Endpoint endpoint;
    endpoint.host = "127.0.0.1";
    endpoint.port = server.port();
    endpoint.user = "root";
    endpoint.database = "test";
    endpoint.url_password = "";
    endpoint.tls = mode;
    return endpoint;
  }
  void ExpectRefusalFromRequiredUp(const rig::MySqlFamilyServer& server) {
    EXPECT_TRUE(Connects(To(server, mysql::TlsMode::kDisabled)));
    EXPECT_TRUE(Connects(To(server, mysql::TlsMode::kPreferred)));
    EXPECT_FALSE(Connects(To(server, mysql::TlsMode::kRequired)));
    EXPECT_FALSE(Connects(To(server, mysql::TlsMode::kVerifyCa)));
    EXPECT_FALSE(Connects(To(server, mysql::TlsMode::kVerifyIdentity)));
  }
  void ExpectVerification(const rig::MySqlFamilyServer& server) {
    bool encrypted = true;
    EXPECT_TRUE(Connects(To(server, mysql::TlsMode::kDisabled), &encrypted));
    EXPECT_FALSE(encrypted);
    EXPECT_TRUE(Connects(To(server, mysql::TlsMode::kPreferred), &encrypted));
    EXPECT_TRUE(encrypted);
    EXPECT_TRUE(Connects(To(server, mysql::TlsMode::kRequired), &encrypted));
    EXPECT_TRUE(encrypted);
    for (mysql::TlsMode mode : {mysql::TlsMode::kVerifyCa, mysql::TlsMode::kVerifyIdentity}) {
      mysql::Endpoint endpoint = To(server, mode);
      endpoint.ssl_ca = server.tls().ca;
      EXPECT_TRUE(Connects(endpoint, &encrypted));
      EXPECT_TRUE(encrypted);
      endpoint.ssl_cert = server.tls().client_cert;
      endpoint.ssl_key = server.tls().client_key;
      EXPECT_TRUE(Connects(endpoint));
      endpoint.ssl_ca = server.tls().other_ca;
      EXPECT_FALSE(Connects(endpoint));
    }
  }
  static rig::ServerOptions WithTls() {
    rig::ServerOptions options;
    options.tls = true;
    return options;
  }
};
using MySqlTlsMatrix = MySqlTlsTest;

TEST_F(MySqlTlsTest, AServerWithoutTlsIsRefusedFromRequiredUp) {
  ExpectRefusalFromRequiredUp(rig::SharedMariaDb());
}
TEST_F(MySqlTlsMatrix, AServerWithoutTlsIsRefusedFromRequiredUp) {
  ExpectRefusalFromRequiredUp(rig::SharedMySql("9"));
}

TEST_F(MySqlTlsTest, CertificatesAreVerifiedWhenAskedFor) {
  ExpectVerification(rig::MariaDbServer::Start(WithTls()));
}
TEST_F(MySqlTlsMatrix, CertificatesAreVerifiedWhenAskedFor) {
  ExpectVerification(rig::MySqlServer::Start(WithTls()));
}

// The password is sent through TLS, or else encrypted with the server's key; the first login of a
// user goes the long way, the second hits the server's cache.
TEST_F(MySqlTlsMatrix, CachingSha2PasswordsWorkWithAndWithoutTls) {
  rig::MySqlServer server = rig::MySqlServer::Start(WithTls());
  for (mysql::TlsMode mode : {mysql::TlsMode::kRequired, mysql::TlsMode::kDisabled}) {
    const std::string user = mode == mysql::TlsMode::kRequired ? "secure" : "plain";
    server.CreateUser(user, "pw", "caching_sha2_password");
    server.Execute("grant all on test.* to '" + user + "'@'%'");
    mysql::Endpoint endpoint = To(server, mode);
    endpoint.user = user;
    endpoint.url_password = "pw";
    EXPECT_TRUE(Connects(endpoint)) << user;
    EXPECT_TRUE(Connects(endpoint)) << user;
    endpoint.url_password = "wrong";
    EXPECT_FALSE(Connects(endpoint)) << user;
  }
}

TEST_F(MySqlTlsTest, AnotherServersNameIsRefusedByVerifyIdentity) {
  rig::ServerOptions with_tls;
  with_tls.tls = true;
  with_tls.tls_name = "elsewhere.example";
  rig::MariaDbServer server = rig::MariaDbServer::Start(with_tls);
  mysql::Endpoint endpoint = To(server, mysql::TlsMode::kVerifyIdentity);
  endpoint.ssl_ca = server.tls().ca;
  EXPECT_FALSE(Connects(endpoint));
  endpoint.tls = mysql::TlsMode::kRequired;
  EXPECT_TRUE(Connects(endpoint));
}

}  // namespace
}  // namespace transload
