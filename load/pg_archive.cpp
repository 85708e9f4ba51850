#include "load/pg_archive.h"

#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <future>
#include <map>
#include <optional>
#include <utility>

#include "core/error.h"
#include "core/temporary_folder.h"
#include "load/ddl.h"

namespace transload {
namespace {

using ObjectNumbers = std::pair<std::uint32_t, std::uint32_t>;  // class, oid

// Removes itself and what is in it.
class ScratchFolder {
 public:
  ScratchFolder() {
    const std::string in = TemporaryFolder();
    std::string pattern = in + "/transload-XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr) {
      throw Error(fmt::format("cannot make a folder in {}: {}; TMPDIR names another one", in,
                              std::strerror(errno)));
    }
    path_ = pattern;
  }
  ~ScratchFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  std::string File(const char* name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

// For secrets that libpq takes from no variable of the environment, sslpassword say, but from a
// file of services: one in memory, which programs of this user can open as long as it stands.
// https://www.postgresql.org/docs/current/libpq-pgservice.html
class ServiceFile {
 public:
  explicit ServiceFile(const std::vector<std::pair<std::string, std::string>>& secrets) {
    std::string text = fmt::format("[{}]\n", kName);
    for (const auto& [name, value] : secrets) {
      constexpr std::string_view kTrimmed = " \t\r\n\v\f";
      if (name.size() + value.size() > kLongestLine || value.find('\n') != value.npos ||
          (!value.empty() && kTrimmed.find(value.back()) != kTrimmed.npos)) {
        throw RefusedError(name +
                           " cannot be handed to pg_dump: it is very long, holds a line feed or "
                           "ends with a space");
      }
      text += name + "=" + value + "\n";
    }
    file_ = ::memfd_create("transload", MFD_CLOEXEC);
    if (file_ < 0 ||
        ::write(file_, text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
      throw Error("cannot make a file in memory");
    }
  }
  ~ServiceFile() {
    if (file_ >= 0) ::close(file_);
  }
  ServiceFile(const ServiceFile&) = delete;
  ServiceFile& operator=(const ServiceFile&) = delete;

  static constexpr const char* kName = "transload";
  std::string Path() const { return fmt::format("/proc/{}/fd/{}", ::getpid(), file_); }

 private:
  static constexpr std::size_t kLongestLine = 1000;  // libpq's buffer has 1024 bytes

  int file_ = -1;
};

// What went wrong, without the steps that --verbose tells.
std::string Complaints(std::string_view told) {
  std::string kept;
  for (std::string_view rest = told; !rest.empty();) {
    const std::size_t end = std::min(rest.find('\n'), rest.size() - 1);
    const std::string_view line = rest.substr(0, end + 1);
    rest.remove_prefix(end + 1);
    const bool step = line.starts_with("pg_dump: ") && line.find("error:") == line.npos &&
                      line.find("detail:") == line.npos && line.find("hint:") == line.npos;
    if (!step) kept += line;
  }
  return kept.empty() ? std::string(told) : kept;
}

ProgramOutput Must(const std::vector<std::string>& command,
                   const std::vector<std::pair<std::string, std::string>>& environment,
                   std::uint64_t longest_silence_ms) {
  ProgramOutput result =
      RunProgram(command, environment, std::chrono::milliseconds(longest_silence_ms));
  if (result.exit_code == 0) return result;
  std::string said = Complaints(result.err);
  while (!said.empty() && said.back() == '\n') said.pop_back();
  throw Error(fmt::format("{} failed ({}): {}", command.front(), result.exit_code, said));
}

template <class Number>
bool ReadNumber(std::string_view& text, Number& number) {
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc()) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

bool Skip(std::string_view& text, std::string_view what) {
  if (!text.starts_with(what)) return false;
  text.remove_prefix(what.size());
  return true;
}

std::string_view TakeLine(std::string_view& text) {
  const std::size_t end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == text.npos ? text.size() : end + 1);
  return line;
}

// "215; 1259 16385 TABLE app orders owner", one a line.
std::map<int, ObjectNumbers> ReadListing(std::string_view listing) {
  std::map<int, ObjectNumbers> entries;
  while (!listing.empty()) {
    std::string_view line = TakeLine(listing);
    int id = 0;
    ObjectNumbers numbers;
    if (!ReadNumber(line, id) || !Skip(line, "; ") || !ReadNumber(line, numbers.first) ||
        !Skip(line, " ") || !ReadNumber(line, numbers.second)) {
      continue;
    }
    entries[id] = numbers;
  }
  return entries;
}

// The part of "Name: a; Type: b; Schema: c; Owner: d" after `key`, up to the next one.
std::string HeadingPart(std::string_view line, std::string_view key, std::string_view next) {
  const std::size_t at = line.rfind(key);
  if (at == line.npos) return "";
  line.remove_prefix(at + key.size());
  if (!next.empty()) line = line.substr(0, line.rfind(next));
  return std::string(line == "-" ? "" : line);
}

// A heading at the beginning of `text`:
//
//   --
//   -- TOC entry 215 (class 1259 OID 16385)
//   -- Dependencies: 5 7
//   -- Name: orders; Type: TABLE; Schema: app; Owner: shop
//   --
//
// Consumes it when it is one that the listing has and that has not been seen.
std::optional<ArchiveEntry> TakeHeading(std::string_view& text,
                                        std::map<int, ObjectNumbers>& listed) {
  std::string_view rest = text;
  ArchiveEntry entry;
  if (!Skip(rest, "--\n-- TOC entry ") || !ReadNumber(rest, entry.id) || !Skip(rest, " (class ") ||
      !ReadNumber(rest, entry.class_oid) || !Skip(rest, " OID ") || !ReadNumber(rest, entry.oid) ||
      !Skip(rest, ")\n")) {
    return std::nullopt;
  }
  auto known = listed.find(entry.id);
  if (known == listed.end() || known->second != ObjectNumbers(entry.class_oid, entry.oid)) {
    return std::nullopt;
  }
  if (Skip(rest, "-- Dependencies:")) {
    std::string_view line = TakeLine(rest);
    for (int id = 0; Skip(line, " ") && ReadNumber(line, id);) entry.depends_on.push_back(id);
  }
  if (!Skip(rest, "-- Name: ")) return std::nullopt;
  const std::string_view line = TakeLine(rest);
  entry.owner = HeadingPart(line, "; Owner: ", "");
  // Tablespace, where there is one, is said again by a SET statement.
  if (const std::size_t more = entry.owner.rfind("; Tablespace: "); more != std::string::npos) {
    entry.owner.resize(more);
  }
  entry.schema = HeadingPart(line, "; Schema: ", "; Owner: ");
  entry.kind = HeadingPart(line, "; Type: ", "; Schema: ");
  entry.name = std::string(line.substr(0, line.rfind("; Type: ")));
  while (!Skip(rest, "--\n")) {
    if (rest.empty()) return std::nullopt;
    TakeLine(rest);
  }
  listed.erase(known);
  text = rest;
  return entry;
}

// Settings that pg_restore changes between two entries, and that hold from there on.
bool IsSetting(std::string_view line) {
  return line.starts_with("SET default_tablespace = ") ||
         line.starts_with("SET default_table_access_method = ");
}

// Takes blank lines and settings off the end of an entry: they belong to what follows.
void TakeSettings(std::string& sql, std::map<std::string, std::string>& settings) {
  for (;;) {
    while (!sql.empty() && (sql.back() == '\n' || sql.back() == ' ')) sql.pop_back();
    const std::size_t start = sql.rfind('\n') == std::string::npos ? 0 : sql.rfind('\n') + 1;
    const std::string line = sql.substr(start);
    if (!IsSetting(line)) {
      // The last words of the output.
      if (!line.starts_with("-- Completed on ") && !line.starts_with("\\unrestrict ") &&
          line != "--" && !line.starts_with("-- PostgreSQL database dump complete")) {
        return;
      }
    } else {
      settings.try_emplace(line.substr(0, line.find('=')), line);
    }
    sql.resize(start);
  }
}

// The last statement of an entry, when it is pg_restore's own that gives the object an owner.
void TakeOwner(ArchiveEntry& entry) {
  const std::size_t start =
      entry.sql.rfind('\n') == std::string::npos ? 0 : entry.sql.rfind('\n') + 1;
  const std::string line = entry.sql.substr(start);
  if (!line.starts_with("ALTER ") || line.find(" OWNER TO ") == std::string::npos) return;
  entry.owner_sql = line;
  entry.sql.resize(start);
  while (!entry.sql.empty() && entry.sql.back() == '\n') entry.sql.pop_back();
}

}  // namespace

std::vector<ArchiveEntry> ParseArchiveScript(std::string_view script, std::string_view listing,
                                             bool post_data) {
  std::map<int, ObjectNumbers> listed = ReadListing(listing);
  std::vector<ArchiveEntry> entries;
  std::map<std::string, std::string> settings;
  std::string before;
  auto close = [&](std::string& text) {
    std::map<std::string, std::string> changed;
    TakeSettings(text, changed);
    if (!entries.empty()) {
      entries.back().sql = std::move(text);
      TakeOwner(entries.back());
    }
    for (auto& [name, line] : changed) settings[name] = line;
    text.clear();
  };
  while (!script.empty()) {
    if (script.starts_with("--\n")) {
      if (std::optional<ArchiveEntry> entry = TakeHeading(script, listed)) {
        close(before);
        for (const auto& [name, line] : settings) entry->settings_sql += line + "\n";
        entry->post_data = post_data;
        entries.push_back(std::move(*entry));
        continue;
      }
    }
    before.append(TakeLine(script)).append("\n");
  }
  close(before);
  std::erase_if(entries, [](const ArchiveEntry& entry) { return entry.sql.empty(); });
  return entries;
}

std::vector<ArchiveEntry> ReadArchive(const PgPrograms& programs, const ArchiveRequest& request) {
  ScratchFolder folder;
  const std::string file = folder.File("schema.dump");
  std::vector<std::pair<std::string, std::string>> environment;
  if (!request.password.empty()) environment.emplace_back("PGPASSWORD", request.password);
  std::string conninfo = request.conninfo;
  std::optional<ServiceFile> secrets;
  if (!request.secrets.empty()) {
    if (conninfo.starts_with("service=") || conninfo.find(" service=") != conninfo.npos ||
        std::getenv("PGSERVICE") != nullptr) {
      throw RefusedError(request.secrets.front().first +
                         " beside a service cannot be handed to pg_dump: write it into that "
                         "service's section of its file");
    }
    secrets.emplace(request.secrets);
    environment.emplace_back("PGSERVICEFILE", secrets->Path());
    conninfo += fmt::format(" service={}", ServiceFile::kName);
  }
  std::vector<std::string> dump = {programs.pg_dump,
                                   "--format=custom",
                                   "--verbose",  // silence is a stall
                                   "--section=pre-data",
                                   "--section=post-data",
                                   "-B",
                                   "--encoding=UTF8",
                                   fmt::format("--lock-wait-timeout={}", request.lock_timeout_ms),
                                   "--no-password",
                                   "--file=" + file,
                                   "--dbname=" + conninfo};
  if (!request.snapshot.empty()) dump.push_back("--snapshot=" + request.snapshot);
  // A pattern, in which quotes make every character stand for itself.
  for (const std::string& schema : request.left_out) {
    dump.push_back("--exclude-schema=" + ddl::QuoteName(schema));
  }
  for (const auto& [schema, table] : request.left_out_tables) {
    dump.push_back("--exclude-table=" + ddl::Qualified(schema, table));
  }
  Must(dump, environment, request.stall_timeout_ms);
  // Pg_dump calls a small archive done that did not fit on its disk.
  if (std::error_code ignored; std::filesystem::file_size(file, ignored) == 0) {
    throw Error(
        fmt::format("pg_dump could write nothing into {}: make room there, or TMPDIR names "
                    "another folder; then the same command goes on",
                    folder.File("")));
  }
  const auto restore = [&](std::vector<std::string> how) {
    how.insert(how.begin(), programs.pg_restore);
    how.push_back(file);
    return std::async(std::launch::async,
                      [how, &request] { return Must(how, {}, request.stall_timeout_ms).out; });
  };
  struct Section {
    bool post_data;
    std::future<std::string> listing, script;
  };
  std::vector<Section> sections;
  for (const char* name : {"pre-data", "post-data"}) {
    const std::string which = std::string("--section=") + name;
    sections.push_back(
        {!sections.empty(), restore({"--list", which}), restore({"--verbose", which, "--file=-"})});
  }
  std::vector<ArchiveEntry> entries;
  for (Section& section : sections) {
    const std::string listing = section.listing.get();
    for (ArchiveEntry& entry :
         ParseArchiveScript(section.script.get(), listing, section.post_data)) {
      entries.push_back(std::move(entry));
    }
  }
  return entries;
}

}  // namespace transload
