#include "pipeline/rejected_row.h"

#include <zstd.h>

#include <memory>
#include <new>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/hex.h"

namespace transload {
namespace {

// Piece by piece: a buffer for the worst case would be one more copy of a row that may be huge.
std::string Compressed(std::string_view bytes) {
  const std::unique_ptr<ZSTD_CCtx, std::size_t (*)(ZSTD_CCtx*)> context(ZSTD_createCCtx(),
                                                                        &ZSTD_freeCCtx);
  if (context == nullptr) throw std::bad_alloc();
  ZSTD_CCtx_setPledgedSrcSize(context.get(), bytes.size());
  std::string out;
  std::string piece(ZSTD_CStreamOutSize(), '\0');
  ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
  for (std::size_t left = 1; left != 0;) {
    ZSTD_outBuffer to{piece.data(), piece.size(), 0};
    left = ZSTD_compressStream2(context.get(), &to, &in, ZSTD_e_end);
    if (ZSTD_isError(left)) {
      throw BugError(std::string("compressing a rejected row: ") + ZSTD_getErrorName(left));
    }
    out.append(piece, 0, to.pos);
  }
  return out;
}

}  // namespace

std::string RejectedRowJson(const BadRow& row, const BoundTable& table) {
  nlohmann::ordered_json json;
  json["value"] = row.value;
  nlohmann::ordered_json& columns = json["columns"];
  for (std::size_t i = 0; i < table.columns().size(); ++i) {
    columns[table.columns()[i].source.name] = table.ShowCell(row.row, i);
  }
  json["cells_zstd"] = LowerHex(Compressed(row.row));
  // The rendered values are UTF-8 already; should one not be, it must not stop the run.
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string RejectedCells(const std::string& row_json) {
  const nlohmann::json json = nlohmann::json::parse(row_json, nullptr, /*allow_exceptions=*/false);
  const std::string hex = json.is_object() ? json.value("cells_zstd", "") : "";
  std::string packed;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    packed += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  }
  const unsigned long long size = ZSTD_getFrameContentSize(packed.data(), packed.size());
  if (size == ZSTD_CONTENTSIZE_ERROR || size == ZSTD_CONTENTSIZE_UNKNOWN) {
    throw Error("a rejected row in the ledger is damaged: its bytes cannot be read");
  }
  std::string cells(size, '\0');
  const std::size_t got = ZSTD_decompress(cells.data(), cells.size(), packed.data(), packed.size());
  if (ZSTD_isError(got) || got != size) {
    throw Error("a rejected row in the ledger is damaged: its bytes cannot be read");
  }
  return cells;
}

std::string IdentifyRejected(const std::string& row_json, const BoundTable& table) {
  return table.IdentifyRow(RejectedCells(row_json));
}

}  // namespace transload
