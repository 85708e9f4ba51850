#include "extract/mysql/storage_engine.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "core/ascii.h"

namespace transload::mysql {

bool IsTransactional(const std::string& engine) {
  constexpr std::array<std::string_view, 4> kEngines = {"innodb", "rocksdb", "tokudb", "xtradb"};
  return std::find(kEngines.begin(), kEngines.end(), LowerAscii(engine)) != kEngines.end();
}

std::string EngineRefusal(const std::string& engine, const std::string& comment) {
  if (engine.empty()) return "the server cannot open it: " + comment;
  std::string name = LowerAscii(engine);
  if (name == "mrg_myisam" || name == "merge") return "MERGE: its rows are those of other tables";
  if (name == "blackhole") return "BLACKHOLE keeps no rows";
  if (name == "federated") return "FEDERATED: its rows are on another server";
  return {};
}

}  // namespace transload::mysql
