#include "verify/difference_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>
#include <zstd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>

#include "core/error.h"
#include "verify/temporary_file.h"

namespace transload {
namespace {

constexpr std::size_t kBytesInMemory = std::size_t{1} << 20;

}  // namespace

// Lines put aside: in memory, then in a file.
struct HeldLines {
  void Add(std::string_view line) {
    recent += line;
    if (recent.size() < kBytesInMemory) return;
    file.Append(recent);
    recent.clear();
  }

  TemporaryFile file;
  std::string recent;  // behind those in the file
};

struct DifferenceFile::State {
  ~State() {
    if (fd >= 0) ::close(fd);
    ZSTD_freeCCtx(context);
  }

  void Compress(std::string_view bytes, ZSTD_EndDirective end) {
    ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
    std::size_t left = 1;
    while (left != 0 && (end == ZSTD_e_end || in.pos < in.size)) {
      ZSTD_outBuffer out{buffer, sizeof buffer, 0};
      left = ZSTD_compressStream2(context, &out, &in, end);
      if (ZSTD_isError(left)) throw BugError(ZSTD_getErrorName(left));
      Put(buffer, out.pos);
      if (end != ZSTD_e_end) left = 1;
    }
  }

  void Put(const char* data, std::size_t size) const {
    while (size > 0) {
      const ssize_t done = ::write(fd, data, size);
      if (done < 0 && errno == EINTR) continue;
      if (done < 0) {
        throw Error(fmt::format("cannot write {}: {}", path.string(), std::strerror(errno)));
      }
      data += done;
      size -= static_cast<std::size_t>(done);
    }
  }

  void Open() {
    if (fd >= 0) return;
    std::filesystem::create_directories(path.parent_path());
    fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) throw Error(fmt::format("cannot make {}: {}", path.string(), std::strerror(errno)));
    context = ZSTD_createCCtx();
  }

  std::filesystem::path path;
  std::optional<HeldLines> held;
  int fd = -1;
  ZSTD_CCtx* context = nullptr;
  char buffer[std::size_t{16} << 10];
};

DifferenceFile::DifferenceFile(const std::string& report_dir) : state_(std::make_unique<State>()) {
  state_->path = std::filesystem::path(report_dir) / kName;
}
DifferenceFile::~DifferenceFile() = default;
DifferenceFile::DifferenceFile(DifferenceFile&&) noexcept = default;
DifferenceFile& DifferenceFile::operator=(DifferenceFile&&) noexcept = default;

void DifferenceFile::Write(const std::string& table, const RowDifference& difference) {
  State& state = *state_;
  nlohmann::ordered_json columns = nlohmann::ordered_json::array();
  for (const ColumnDifference& column : difference.columns) {
    nlohmann::ordered_json one{{"column", column.column}};
    if (difference.kind != DifferenceKind::kExtra) one["source"] = column.source;
    if (difference.kind != DifferenceKind::kMissing) one["target"] = column.target;
    columns.push_back(std::move(one));
  }
  nlohmann::ordered_json line{{"table", table},
                              {"kind", std::string(Name(difference.kind))},
                              {"key", difference.key},
                              {"columns", std::move(columns)}};
  using Handler = nlohmann::ordered_json::error_handler_t;
  const std::string text = line.dump(-1, ' ', false, Handler::replace) + "\n";
  if (state.held) {
    state.held->Add(text);
    return;
  }
  state.Open();
  state.Compress(text, ZSTD_e_continue);
}

void DifferenceFile::Hold() {
  Keep();
  state_->held.emplace();
}

void DifferenceFile::Keep() {
  State& state = *state_;
  if (!state.held) return;
  const std::uint64_t in_file = state.held->file.size();
  if (in_file > 0 || !state.held->recent.empty()) state.Open();
  std::string part;
  for (std::uint64_t at = 0; at < in_file; at += part.size()) {
    state.held->file.Read(at, std::min<std::uint64_t>(kBytesInMemory, in_file - at), part);
    state.Compress(part, ZSTD_e_continue);
  }
  if (!state.held->recent.empty()) state.Compress(state.held->recent, ZSTD_e_continue);
  state.held.reset();
}

void DifferenceFile::Drop() { state_->held.reset(); }

void DifferenceFile::Finish() {
  Keep();
  if (state_->fd < 0) return;
  state_->Compress({}, ZSTD_e_end);
  const int failed = ::close(state_->fd);
  state_->fd = -1;
  if (failed != 0) {
    throw Error(fmt::format("cannot write {}: {}", state_->path.string(), std::strerror(errno)));
  }
}

}  // namespace transload
