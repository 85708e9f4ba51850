#include "tests/rig/sqlite_file.h"

#include <sqlite3.h>

#include <memory>
#include <stdexcept>

namespace transload::rig {

void MakeSqliteFile(const std::string& path, const std::string& sql) {
  sqlite3* opened = nullptr;
  int result = sqlite3_open(path.c_str(), &opened);
  std::unique_ptr<sqlite3, decltype(&sqlite3_close)> db(opened, &sqlite3_close);
  if (result == SQLITE_OK) result = sqlite3_exec(db.get(), sql.c_str(), nullptr, nullptr, nullptr);
  if (result != SQLITE_OK) throw std::runtime_error(sqlite3_errmsg(db.get()));
}

}  // namespace transload::rig
