#include "verify/report_files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <utility>

#include "core/error.h"
#include "verify/report_html.h"
#include "verify/report_json.h"
#include "verify/report_junit.h"
#include "verify/report_markdown.h"

namespace transload {
namespace {

std::string Reason() { return std::generic_category().message(errno); }

// Deleted by the destructor unless it was put in place.
class NewFile {
 public:
  explicit NewFile(const std::string& path) : path_(path), temporary_(path + ".part") {
    unlink(temporary_.c_str());  // left by a process that was killed
    descriptor_ = open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (descriptor_ < 0) Fail("create");
  }
  ~NewFile() {
    if (descriptor_ >= 0) close(descriptor_);
    if (!finished_) unlink(temporary_.c_str());
  }
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;

  void Write(const std::string& content) {
    std::size_t at = 0;
    while (at < content.size()) {
      ssize_t written = write(descriptor_, content.data() + at, content.size() - at);
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) Fail("write");
      at += static_cast<std::size_t>(written);
    }
  }
  void Finish() {
    if (fsync(descriptor_) != 0) Fail("write");
    if (close(std::exchange(descriptor_, -1)) != 0) Fail("write");
    if (rename(temporary_.c_str(), path_.c_str()) != 0) Fail("rename");
    finished_ = true;
  }

 private:
  [[noreturn]] void Fail(const char* verb) {
    std::string reason = Reason();
    if (descriptor_ >= 0) close(std::exchange(descriptor_, -1));
    if (!finished_) unlink(temporary_.c_str());
    throw Error(fmt::format("cannot {} {}: {}", verb, path_, reason));
  }

  std::string path_;
  std::string temporary_;
  int descriptor_ = -1;
  bool finished_ = false;
};

}  // namespace

void WriteOwnerOnly(const std::string& path, const std::string& content) {
  NewFile file(path);
  file.Write(content);
  file.Finish();
}

void PrepareReportFolder(const std::string& folder) {
  try {
    std::filesystem::path path(folder);
    if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path());
    if (mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) throw Error(Reason());
    std::string probe = folder + "/.transload-probe";
    WriteOwnerOnly(probe, "");
    unlink(probe.c_str());
  } catch (const std::exception& error) {
    throw UsageError(fmt::format("--report {}: {}", folder, error.what()));
  }
}

void WriteReportFiles(const Report& report, const std::string& folder) {
  WriteOwnerOnly(folder + "/report.json", ReportJson(report));
  WriteOwnerOnly(folder + "/report.md", ReportMarkdown(report));
  WriteOwnerOnly(folder + "/report.html", ReportHtml(report));
  WriteOwnerOnly(folder + "/junit.xml", ReportJunit(report));
}

}  // namespace transload
