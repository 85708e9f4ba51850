#include "pipeline/reject_export.h"

#include <zstd.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string_view>
#include <vector>

#include "core/error.h"
#include "verify/report_files.h"

namespace transload {
namespace {

constexpr std::uint64_t kRowsAtATime = 1000;

class Compressor {
 public:
  Compressor() : stream_(ZSTD_createCCtx()) {
    if (stream_ == nullptr) throw BugError("no memory for compressing rejected rows");
  }

  void Add(std::string_view bytes) { Feed(bytes, ZSTD_e_continue); }
  std::string Finish() {
    Feed("", ZSTD_e_end);
    return std::move(out_);
  }

 private:
  struct Free {
    void operator()(ZSTD_CCtx* stream) const { ZSTD_freeCCtx(stream); }
  };

  void Feed(std::string_view bytes, ZSTD_EndDirective directive) {
    ZSTD_inBuffer in = {bytes.data(), bytes.size(), 0};
    std::vector<char> piece(ZSTD_CStreamOutSize());
    for (std::size_t left = 1; left > 0;) {
      ZSTD_outBuffer out = {piece.data(), piece.size(), 0};
      left = ZSTD_compressStream2(stream_.get(), &out, &in, directive);
      if (ZSTD_isError(left)) {
        throw BugError(std::string("compressing rejected rows: ") + ZSTD_getErrorName(left));
      }
      out_.append(piece.data(), out.pos);
      if (directive == ZSTD_e_continue && in.pos == in.size) break;
    }
  }

  std::unique_ptr<ZSTD_CCtx, Free> stream_;
  std::string out_;
};

std::string Line(const RejectRow& row, const std::map<std::int64_t, std::string>& labels) {
  nlohmann::ordered_json json;
  auto label = labels.find(row.table_id);
  json["table"] = label == labels.end() ? std::to_string(row.table_id) : label->second;
  json["partition"] = row.partition_id;
  json["key"] = row.key;
  json["column"] = row.column;
  json["reason"] = row.reason;
  json["row"] = nlohmann::ordered_json::parse(row.row, nullptr, /*allow_exceptions=*/false);
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace

std::uint64_t ExportRejects(Ledger& ledger, const std::string& run_id,
                            const std::map<std::int64_t, std::string>& labels,
                            const std::string& folder) {
  Compressor compressor;
  std::uint64_t rows = 0;
  for (std::int64_t after = 0;;) {
    const std::vector<RejectRow> page = ledger.ReadRejects(run_id, kRowsAtATime, after);
    for (const RejectRow& row : page) {
      compressor.Add(Line(row, labels));
      after = row.id;
    }
    rows += page.size();
    if (page.size() < kRowsAtATime) break;
  }
  if (rows > 0) WriteOwnerOnly(folder + "/rejects.jsonl.zst", compressor.Finish());
  return rows;
}

}  // namespace transload
