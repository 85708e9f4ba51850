#include "tests/rig/shared_servers.h"

#include <fmt/core.h>
#include <unistd.h>

#include <atomic>
#include <map>
#include <mutex>

namespace transload::rig {
namespace {

// One server per version, kept until the process exits.
template <typename Server>
Server& Shared(const std::string& version) {
  static std::mutex mutex;
  static std::map<std::string, Server> servers;
  std::lock_guard lock(mutex);
  auto found = servers.find(version);
  if (found == servers.end()) {
    found = servers.emplace(version, Server::Start({.version = version})).first;
  }
  return found->second;
}

std::string NewName() {
  static std::atomic<int> count{0};
  return fmt::format("t{}", ++count);
}

}  // namespace

PostgresServer& SharedPostgres(const std::string& version) {
  return Shared<PostgresServer>(version);
}
MariaDbServer& SharedMariaDb() { return Shared<MariaDbServer>(""); }
MySqlServer& SharedMySql(const std::string& version) { return Shared<MySqlServer>(version); }

std::string FreshDatabase(PostgresServer& server) {
  const std::string name = NewName();
  server.Execute("create database " + name + " template template0");
  return name;
}

std::string FreshDatabase(MySqlFamilyServer& server) {
  const std::string name = NewName();
  server.Execute("create database " + name);
  return name;
}

}  // namespace transload::rig
