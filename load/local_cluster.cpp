#include "load/local_cluster.h"

#include <fmt/format.h>
#include <libpq-fe.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>

#include "core/error.h"
#include "load/server_programs.h"

namespace transload {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kDatabase = "transload";
constexpr std::string_view kNoteName = "/transload-local";
constexpr std::string_view kNoteTitle = "# a private PostgreSQL cluster made by transload";

using PgConnection = std::unique_ptr<PGconn, decltype(&PQfinish)>;

// Of the socket "FOLDER/.s.PGSQL.5432" in a sockaddr_un, with its end.
constexpr std::size_t kLongestSocketFolder = sizeof(sockaddr_un::sun_path) - 1 - 14;

std::string PercentEncoded(const std::string& text) {
  std::string encoded;
  for (unsigned char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '.' || c == '_' || c == '-';
    encoded += plain ? std::string(1, static_cast<char>(c)) : fmt::format("%{:02X}", c);
  }
  return encoded;
}

// As a value in postgresql.conf.
std::string ConfQuoted(const std::string& text) {
  std::string quoted = "'";
  for (char c : text) quoted += c == '\'' || c == '\\' ? std::string(2, c) : std::string(1, c);
  return quoted + "'";
}

void MakeFolder(const std::string& path, const SystemUser& owner) {
  std::error_code failure;
  fs::create_directories(path, failure);
  if (failure) throw RefusedError(path + ": " + failure.message());
  if (::chmod(path.c_str(), 0700) != 0 ||
      (::geteuid() == 0 && ::chown(path.c_str(), owner.uid, owner.gid) != 0)) {
    throw RefusedError(path + ": " + std::strerror(errno));
  }
}

void WriteFile(const std::string& path, const std::string& text, bool append) {
  std::ofstream file(path, append ? std::ios::app : std::ios::trunc);
  file << text;
  file.close();
  if (!file) throw RefusedError(path + " cannot be written");
}

std::string Tail(const std::string& path) {
  std::ifstream file(path);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  return text.size() > 600 ? text.substr(text.size() - 600) : text;
}

std::string NameOf(uid_t uid) {
  const passwd* entry = ::getpwuid(uid);
  return entry == nullptr ? std::to_string(uid) : entry->pw_name;
}

// Every folder above must let the owner pass, or the server cannot reach its own data.
void RequireWay(const std::string& folder, const SystemUser& owner) {
  if (::geteuid() != 0) return;
  const ProgramResult result = RunAs(owner, {"/bin/ls", "-d", folder + "/."});
  if (result.exit_code == 0) return;
  throw RefusedError(fmt::format(
      "the server must run as {}, because root cannot, and {} may not enter {}: choose a folder "
      "outside of closed ones, for example under /var/tmp",
      owner.name, owner.name, folder));
}

}  // namespace

LocalCluster::LocalCluster(const std::string& folder, std::string pg_bin)
    : pg_bin_(std::move(pg_bin)) {
  std::error_code failed;  // the folder in which we were started may be gone
  folder_ = fs::absolute(folder, failed).lexically_normal().string();
  if (failed) throw UsageError(fmt::format("local:{}: {}", folder, failed.message()));
  while (folder_.size() > 1 && folder_.back() == '/') folder_.pop_back();
}

bool LocalCluster::Exists() const {
  std::error_code ignored;
  return fs::exists(folder_ + std::string(kNoteName), ignored);
}

LocalCluster::Note LocalCluster::ReadNote() const {
  std::ifstream file(folder_ + std::string(kNoteName));
  Note note;
  std::string line;
  std::getline(file, line);
  if (line != kNoteTitle) throw RefusedError(folder_ + ": the note of the cluster is not readable");
  while (std::getline(file, line)) {
    const std::size_t mark = line.find('=');
    if (mark == std::string::npos) continue;
    const std::string key = line.substr(0, mark);
    std::string& value = key == "user" ? note.user : key == "socket" ? note.socket : note.bin;
    value = line.substr(mark + 1);
  }
  return note;
}

// Written last: a folder with a note holds a whole cluster.
void LocalCluster::WriteNote(const Note& note) const {
  WriteFile(
      folder_ + std::string(kNoteName),
      fmt::format("{}\nuser={}\nsocket={}\nbin={}\n", kNoteTitle, note.user, note.socket, note.bin),
      false);
}

void LocalCluster::RefuseForeignFolder() const {
  std::error_code failure;
  if (!fs::exists(folder_, failure)) return;
  if (!fs::is_directory(folder_, failure)) {
    throw RefusedError(folder_ + " is a file; local: needs a folder for a private cluster");
  }
  fs::directory_iterator entries(folder_, failure);
  if (failure) throw RefusedError(folder_ + ": " + failure.message());
  if (entries == fs::directory_iterator()) return;
  throw RefusedError(fmt::format(
      "{} is not empty and holds no cluster made by transload (there is {}): name an empty or a "
      "new folder",
      folder_, entries->path().filename().string()));
}

void LocalCluster::Initialise() {
  RefuseForeignFolder();
  const std::string bin = FindServerPrograms(pg_bin_);
  const SystemUser owner = ServerOwner();
  MakeFolder(folder_, owner);
  RequireWay(folder_, owner);
  Note note{owner.name, folder_ + "/socket", bin};
  if (note.socket.size() > kLongestSocketFolder) {
    std::string short_folder = "/tmp/transload-XXXXXX";
    if (::mkdtemp(short_folder.data()) == nullptr) throw RefusedError("no folder in /tmp");
    note.socket = short_folder;
  }
  MakeFolder(note.socket, owner);
  const ProgramResult made =
      RunAs(owner, {bin + "/initdb", "-D", Data(), "-U", owner.name, "-E", "UTF8",
                    "--locale=C.UTF-8", "--auth-local=peer", "--auth-host=reject"});
  if (made.exit_code != 0) {
    fs::remove_all(Data());
    fs::remove_all(note.socket);
    throw RefusedError(
        fmt::format("initdb could not make a cluster in {}: {}", folder_, made.output));
  }
  WriteSettings(note);
  WriteNote(note);
}

void LocalCluster::WriteSettings(const Note& note) const {
  WriteFile(Data() + "/postgresql.conf",
            fmt::format("\n# transload: private, on a unix socket only\n"
                        "listen_addresses = ''\nport = 5432\nunix_socket_directories = {}\n"
                        "unix_socket_permissions = 0700\nmax_wal_size = 4GB\n"
                        "shared_buffers = 256MB\n",
                        ConfQuoted(note.socket)),
            true);
  const std::string caller = NameOf(::geteuid());
  WriteFile(Data() + "/pg_hba.conf", "local all all peer map=owner\n", false);
  std::string map = fmt::format("owner \"{0}\" \"{0}\"\n", note.user);
  if (caller != note.user) map += fmt::format("owner \"{}\" \"{}\"\n", caller, note.user);
  WriteFile(Data() + "/pg_ident.conf", map, false);
}

void LocalCluster::RequireExists() const {
  if (Exists()) return;
  throw RefusedError(fmt::format(
      "{0} holds no cluster made by transload: start one with 'transload local start {0}'",
      folder_));
}

bool LocalCluster::Running(const Note& note) const {
  const SystemUser owner = UserNamed(note.user);
  return RunAs(owner, {note.bin + "/pg_ctl", "status", "-D", Data()}).exit_code == 0;
}

void LocalCluster::Start(const Note& note) const {
  const SystemUser owner = UserNamed(note.user);
  // A socket folder in /tmp may have been swept away.
  MakeFolder(note.socket, owner);
  const std::string log = folder_ + "/server.log";
  const ProgramResult started =
      RunAs(owner, {note.bin + "/pg_ctl", "start", "-w", "-t", "60", "-D", Data()}, log);
  if (started.exit_code == 0) return;
  throw RefusedError(fmt::format("the private server in {} did not start: {}\n(whole log: {})",
                                 folder_, Tail(log), log));
}

void LocalCluster::CreateDatabase(const Note& note) const {
  const std::string conninfo =
      fmt::format("host='{}' user='{}' dbname=postgres connect_timeout=10", note.socket, note.user);
  const PgConnection connection(PQconnectdb(conninfo.c_str()), &PQfinish);
  if (PQstatus(connection.get()) != CONNECTION_OK) {
    throw RefusedError(fmt::format("the private server in {} cannot be reached: {}", folder_,
                                   PQerrorMessage(connection.get())));
  }
  const std::string sql = fmt::format("CREATE DATABASE {}", kDatabase);
  PGresult* result = PQexec(connection.get(), sql.c_str());
  const char* state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  const bool there = state == nullptr || std::strcmp(state, "42P04") == 0;  // duplicate_database
  const std::string message = PQresultErrorMessage(result);
  PQclear(result);
  if (!there) throw RefusedError("the private server in " + folder_ + ": " + message);
}

std::string LocalCluster::UrlOf(const Note& note) const {
  return fmt::format("postgresql://{}@/{}?host={}", PercentEncoded(note.user), kDatabase,
                     PercentEncoded(note.socket));
}

std::string LocalCluster::EnsureStarted(const std::string& folder, const std::string& pg_bin) {
  LocalCluster cluster(folder, pg_bin);
  if (!cluster.Exists()) cluster.Initialise();
  const Note note = cluster.ReadNote();
  if (!cluster.Running(note)) cluster.Start(note);
  cluster.CreateDatabase(note);
  return cluster.UrlOf(note);
}

bool LocalCluster::Stop(const std::string& folder) {
  const LocalCluster cluster(folder, {});
  cluster.RequireExists();
  const Note note = cluster.ReadNote();
  if (!cluster.Running(note)) return false;
  const ProgramResult stopped =
      RunAs(UserNamed(note.user),
            {note.bin + "/pg_ctl", "stop", "-w", "-m", "fast", "-t", "120", "-D", cluster.Data()});
  if (stopped.exit_code != 0) {
    throw RefusedError(
        fmt::format("the private server in {} did not stop: {}", cluster.folder_, stopped.output));
  }
  return true;
}

std::string LocalCluster::Url(const std::string& folder) {
  const LocalCluster cluster(folder, {});
  cluster.RequireExists();
  return cluster.UrlOf(cluster.ReadNote());
}

}  // namespace transload
