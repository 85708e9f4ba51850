// Passwords and TLS of the rig's servers: what tests of transload's own connections build on.
#include <gtest/gtest.h>
#include <libpq-fe.h>
#include <mysql.h>

#include <memory>
#include <string>

#include "tests/rig/mysql_server.h"
#include "tests/rig/postgres_server.h"
#include "tests/rig/shared_servers.h"

namespace transload::rig {
namespace {

bool PostgresLogin(const std::string& conninfo) {
  const std::unique_ptr<PGconn, decltype(&PQfinish)> connection(PQconnectdb(conninfo.c_str()),
                                                                &PQfinish);
  return PQstatus(connection.get()) == CONNECTION_OK;
}

bool MySqlLogin(const MySqlFamilyServer& server, const char* user, const char* password,
                const std::string& ca) {
  const std::unique_ptr<MYSQL, decltype(&mysql_close)> connection(mysql_init(nullptr),
                                                                  &mysql_close);
  my_bool verify = 1;
  if (!ca.empty()) {
    mysql_ssl_set(connection.get(), nullptr, nullptr, ca.c_str(), nullptr, nullptr);
    mysql_options(connection.get(), MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &verify);
  }
  return mysql_real_connect(connection.get(), "127.0.0.1", user, password, nullptr, server.port(),
                            nullptr, 0) != nullptr &&
         (ca.empty() || mysql_get_ssl_cipher(connection.get()) != nullptr);
}

TEST(PostgresLogin, UsersNeedTheirPassword) {
  const PostgresServer& server = SharedPostgres();
  server.CreateUser("carrier", "it's secret", "createdb");
  const std::string conninfo =
      "host=127.0.0.1 user=carrier dbname=postgres port=" + std::to_string(server.port());
  EXPECT_TRUE(PostgresLogin(conninfo + R"( password='it\'s secret')"));
  EXPECT_FALSE(PostgresLogin(conninfo + " password=wrong"));
}

TEST(PostgresLogin, TlsCanBeVerified) {
  const PostgresServer server = PostgresServer::Start({.tls = true});
  const std::string conninfo =
      "host=127.0.0.1 user=postgres dbname=postgres sslmode=verify-full "
      "port=" +
      std::to_string(server.port()) + " sslrootcert=";
  EXPECT_TRUE(PostgresLogin(conninfo + server.tls().ca));
  EXPECT_FALSE(PostgresLogin(conninfo + server.tls().other_ca));
}

TEST(PostgresLogin, TlsForAnotherNameIsSeen) {
  const PostgresServer server = PostgresServer::Start({.tls = true, .tls_name = "db.example"});
  const std::string conninfo =
      "host=127.0.0.1 user=postgres dbname=postgres port=" + std::to_string(server.port()) +
      " sslrootcert=" + server.tls().ca + " sslmode=";
  EXPECT_TRUE(PostgresLogin(conninfo + "verify-ca"));
  EXPECT_FALSE(PostgresLogin(conninfo + "verify-full"));
}

TEST(MariaDbLogin, UsersNeedTheirPassword) {
  const MariaDbServer& server = SharedMariaDb();
  server.CreateUser("carrier", "secret");
  server.CreateUser("native", "secret", "mysql_native_password");
  EXPECT_TRUE(MySqlLogin(server, "carrier", "secret", ""));
  EXPECT_TRUE(MySqlLogin(server, "native", "secret", ""));
  EXPECT_FALSE(MySqlLogin(server, "native", "wrong", ""));
}

TEST(MariaDbLogin, TlsCanBeVerified) {
  const MariaDbServer server = MariaDbServer::Start({.tls = true});
  EXPECT_TRUE(MySqlLogin(server, "root", "", server.tls().ca));
  EXPECT_FALSE(MySqlLogin(server, "root", "", server.tls().other_ca));
}

TEST(MySqlLoginMatrix, CachingSha2OverTls) {
  const MySqlServer server = MySqlServer::Start({.tls = true});
  server.CreateUser("carrier", "secret", "caching_sha2_password");
  EXPECT_TRUE(MySqlLogin(server, "carrier", "secret", server.tls().ca));
  EXPECT_FALSE(MySqlLogin(server, "carrier", "wrong", server.tls().ca));
  EXPECT_FALSE(MySqlLogin(server, "carrier", "secret", server.tls().other_ca));
}

TEST(MySqlLoginMatrix, CachingSha2WithoutTls) {
  const MySqlServer& server = SharedMySql();
  server.CreateUser("plain", "secret", "caching_sha2_password");
  EXPECT_TRUE(MySqlLogin(server, "plain", "secret", ""));
  EXPECT_EQ(server.Query("show status like 'Ssl_cipher'")[0][1], "");
}

TEST(MySqlLoginMatrix, NativePasswordOf56) {
  const MySqlServer& server = SharedMySql("5.6");
  server.CreateUser("native", "secret", "mysql_native_password");
  EXPECT_TRUE(MySqlLogin(server, "native", "secret", ""));
  EXPECT_FALSE(MySqlLogin(server, "native", "wrong", ""));
}

}  // namespace
}  // namespace transload::rig
