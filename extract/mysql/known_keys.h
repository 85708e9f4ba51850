// The keys that tables are cut along, as the catalogue gave them: saves every reader asking anew.
#ifndef TRANSLOAD_EXTRACT_MYSQL_KNOWN_KEYS_H_
#define TRANSLOAD_EXTRACT_MYSQL_KNOWN_KEYS_H_

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "extract/mysql/table_key.h"

namespace transload::mysql {

// Filled while tables are cut, read by the readers of all lanes.
class KnownKeys {
 public:
  void Add(const std::string& schema, const std::string& table, TableKey key) {
    std::lock_guard lock(mutex_);
    keys_.insert_or_assign({schema, table}, std::move(key));
  }
  // The key made of exactly these columns.
  std::optional<TableKey> Find(const std::string& schema, const std::string& table,
                               const std::vector<std::string>& columns) const {
    std::lock_guard lock(mutex_);
    auto found = keys_.find({schema, table});
    if (found == keys_.end() || found->second.names() != columns) return std::nullopt;
    return found->second;
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::pair<std::string, std::string>, TableKey> keys_;
};

}  // namespace transload::mysql

#endif  // TRANSLOAD_EXTRACT_MYSQL_KNOWN_KEYS_H_
