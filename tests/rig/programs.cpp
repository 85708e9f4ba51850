#include "tests/rig/programs.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>

#include "tests/rig/process.h"

namespace transload::rig {
namespace {

namespace fs = std::filesystem;

std::runtime_error Missing(const std::string& what, const fs::path& looked_in) {
  return std::runtime_error(
      fmt::format("{} is not installed (looked in {}); scripts/setup or "
                  "scripts/matrix-servers puts it in place",
                  what, looked_in.string()));
}

// "postgres (PostgreSQL) 15.14 (Debian ...)\n" -> "15.14 (Debian ...)"
std::string VersionText(const std::vector<std::string>& command, const std::string& marker) {
  std::vector<std::string> argv = command;
  argv.push_back("--version");
  std::string text = RunToEnd({.argv = argv});
  const std::size_t at = text.find(marker);
  if (at == std::string::npos) throw std::runtime_error("unknown version: " + text);
  text.erase(0, at + marker.size());
  return text.substr(0, text.find('\n'));
}

std::string NewestDebianPostgres() {
  int newest = 0;
  std::error_code missing;
  for (const fs::directory_entry& entry : fs::directory_iterator("/usr/lib/postgresql", missing)) {
    if (fs::exists(entry.path() / "bin/postgres")) {
      newest = std::max(newest, std::atoi(entry.path().filename().c_str()));
    }
  }
  if (newest == 0) throw Missing("PostgreSQL", "/usr/lib/postgresql");
  return std::to_string(newest);
}

// A server from a newer Debian runs under the C library it came with.
MySqlPrograms UnpackedDebianMySql(const fs::path& tree) {
  const std::string libraries = (tree / "usr/lib/x86_64-linux-gnu").string();
  MySqlPrograms programs;
  programs.base_dir = (tree / "usr").string();
  programs.server = {libraries + "/ld-linux-x86-64.so.2", "--library-path",
                     libraries + ":" + (tree / "usr/lib/mysql/private").string(),
                     (tree / "usr/sbin/mysqld").string(), "--no-defaults"};
  programs.base_args = {"--basedir=" + programs.base_dir,
                        "--plugin-dir=" + (tree / "usr/lib/mysql/plugin").string(),
                        "--lc-messages-dir=" + (tree / "usr/share/mysql").string(),
                        "--character-sets-dir=" + (tree / "usr/share/mysql/charsets").string()};
  return programs;
}

}  // namespace

std::string ServerCache() {
  if (const char* cache = std::getenv("TRANSLOAD_SERVER_CACHE"); cache != nullptr) return cache;
  const char* home = std::getenv("HOME");
  if (::geteuid() == 0 || home == nullptr) return "/var/cache/transload/servers";
  return std::string(home) + "/.cache/transload/servers";
}

PostgresPrograms FindPostgres(const std::string& version) {
  const std::string wanted = version.empty() ? NewestDebianPostgres() : version;
  fs::path bin = fs::path("/usr/lib/postgresql") / wanted / "bin";
  if (!fs::exists(bin / "postgres")) bin = fs::path(ServerCache()) / ("postgres-" + wanted) / "bin";
  if (!fs::exists(bin / "postgres")) throw Missing("PostgreSQL " + wanted, bin);
  PostgresPrograms programs;
  programs.bin_dir = bin.string();
  programs.full_version = VersionText({(bin / "postgres").string()}, "(PostgreSQL) ");
  programs.major = std::atoi(programs.full_version.c_str());
  return programs;
}

MySqlPrograms FindMariaDb() {
  if (!fs::exists("/usr/sbin/mariadbd")) throw Missing("MariaDB", "/usr/sbin");
  MySqlPrograms programs;
  programs.server = {"/usr/sbin/mariadbd", "--no-defaults"};
  programs.base_dir = "/usr";
  programs.base_args = {"--basedir=/usr"};
  programs.full_version = VersionText(programs.server, "Ver ");
  return programs;
}

MySqlPrograms FindMySql(const std::string& version) {
  const std::string wanted = version.empty() ? "9" : version;
  const fs::path tree = fs::path(ServerCache()) / ("mysql-" + wanted);
  if (!fs::exists(tree)) throw Missing("MySQL " + wanted, tree);
  MySqlPrograms programs;
  if (wanted == "5.6") {
    programs.server = {"env", "LD_LIBRARY_PATH=" + tree.string(), (tree / "mysqld").string(),
                       "--no-defaults"};
    programs.base_dir = tree.string();
    programs.base_args = {"--basedir=" + tree.string(),
                          "--lc-messages-dir=" + (tree / "share").string(),
                          "--character-sets-dir=" + (tree / "share/charsets").string()};
  } else {
    programs = UnpackedDebianMySql(tree);
  }
  programs.full_version = VersionText(programs.server, "Ver ");
  return programs;
}

}  // namespace transload::rig
