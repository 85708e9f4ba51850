#include "extract/mysql/snapshot_tables.h"

#include <fmt/format.h>

#include "core/error.h"
#include "extract/mysql/session.h"
#include "extract/mysql/sql_text.h"

namespace transload::mysql {

SnapshotTables::SnapshotTables(const Endpoint& endpoint, const ServerVersion& version)
    : endpoint_(endpoint), version_(version) {
  const SqlResult rows = AskOutside(
      "SELECT TABLE_NAME, CREATE_TIME FROM information_schema.TABLES WHERE TABLE_SCHEMA = " +
      QuoteText(endpoint_.database));
  for (const auto& row : rows.rows) {
    times_[{endpoint_.database, row.at(0).value_or("")}] = row.at(1);
  }
}

bool SnapshotTables::Unchanged(const std::string& schema, const std::string& table) {
  std::lock_guard lock(mutex_);
  const auto known = times_.find({schema, table});
  if (known == times_.end()) return true;
  const SqlResult now = AskOutside(
      fmt::format("SELECT CREATE_TIME FROM information_schema.TABLES WHERE TABLE_SCHEMA = {} AND "
                  "TABLE_NAME = {}",
                  QuoteText(schema), QuoteText(table)));
  return !now.rows.empty() && now.rows[0].at(0) == known->second;
}

void SnapshotTables::SetHeld(const std::string& schema, const std::string& table,
                             std::uint64_t reader) {
  std::lock_guard lock(mutex_);
  held_[{schema, table}].insert(reader);
}

bool SnapshotTables::Held(const std::string& schema, const std::string& table) const {
  std::lock_guard lock(mutex_);
  return held_.contains({schema, table});
}

bool SnapshotTables::HeldBy(const std::string& schema, const std::string& table,
                            std::uint64_t reader) const {
  std::lock_guard lock(mutex_);
  const auto found = held_.find({schema, table});
  return found != held_.end() && found->second.contains(reader);
}

SqlResult SnapshotTables::AskOutside(const std::string& sql) {
  try {
    if (outside_) return outside_->Query(sql);
  } catch (const Error& error) {
    if (!error.connection_lost) throw;
  }
  outside_ = std::make_unique<DataConnection>(endpoint_);
  PinSession(*outside_, version_);
  return outside_->Query(sql);
}

}  // namespace transload::mysql
