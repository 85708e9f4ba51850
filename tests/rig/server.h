// What all servers of the rig share: words for stopping, TLS files, query results.
#ifndef TRANSLOAD_TESTS_RIG_SERVER_H_
#define TRANSLOAD_TESTS_RIG_SERVER_H_

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace transload::rig {

enum class StopMode {
  kClean,      // the server ends its sessions, writes everything down and goes
  kImmediate,  // it goes without tidying up; the next start recovers (PostgreSQL's "immediate";
               // SIGKILL for MySQL and MariaDB)
};

enum class Listen {
  kLoopback,    // 127.0.0.1, a port the kernel chose, and the unix socket
  kSocketOnly,  // the unix socket alone
};

struct ServerOptions {
  std::string version = {};  // "15", "9", "5.6"; empty: what Debian 12 ships
  std::map<std::string, std::string> settings =
      {};  // postgresql.conf or [mysqld], win over the rig's
  Listen listen = Listen::kLoopback;
  bool tls = false;           // with certificates made for the occasion (see TlsFiles)
  std::string tls_name = {};  // whom the certificate is for; empty: localhost and 127.0.0.1
  // PostgreSQL: lines that stand before the rig's own in pg_hba.conf: "host all all all reject".
  std::vector<std::string> hba = {};
  // Servers of one version are copies of one data folder, and so share PostgreSQL's system
  // identifier. This gives the server its own, for about a second more.
  bool own_identity = false;
};

// PEM files of a server with tls: what a client needs to verify it, and to show itself.
struct TlsFiles {
  std::string ca;           // signed both certificates below
  std::string other_ca;     // signed neither: a client that trusts only this one must refuse
  std::string client_cert;  // CN=transload_client
  std::string client_key;   // mode 0600
};

// A query's answer as text; NULL is nullopt.
using Row = std::vector<std::optional<std::string>>;
using Rows = std::vector<Row>;

}  // namespace transload::rig

#endif  // TRANSLOAD_TESTS_RIG_SERVER_H_
