#include "load/range_json.h"

#include <array>
#include <nlohmann/json.hpp>

#include "core/error.h"

namespace transload {
namespace {

constexpr std::array<const char*, 4> kNames = {"nothing", "key", "rowid", "blocks"};

}  // namespace

std::string Dump(const nlohmann::ordered_json& json) {
  return json.dump(-1, ' ', /*ensure_ascii=*/true,
                   nlohmann::ordered_json::error_handler_t::replace);
}

std::string RangeToJson(const PartitionRange& range) {
  nlohmann::ordered_json json;
  json["by"] = kNames.at(static_cast<std::size_t>(range.by));
  if (!range.columns.empty()) json["columns"] = range.columns;
  if (range.lower) json["lower"] = *range.lower;
  if (range.upper) json["upper"] = *range.upper;
  if (range.only_nulls) json["only_nulls"] = true;
  return json.dump(-1, ' ', /*ensure_ascii=*/true);
}

PartitionRange RangeFromJson(const std::string& text) {
  nlohmann::json json = nlohmann::json::parse(text);
  PartitionRange range;
  const std::string by = json.at("by");
  std::size_t kind = 0;
  while (kind < kNames.size() && by != kNames[kind]) ++kind;
  if (kind == kNames.size()) {
    throw Error("the ledger holds a partition cut by '" + by + "', which this version cannot read");
  }
  range.by = static_cast<SplitBy>(kind);
  if (json.contains("columns")) range.columns = json["columns"].get<std::vector<std::string>>();
  if (json.contains("lower")) range.lower = json["lower"].get<KeyBound>();
  if (json.contains("upper")) range.upper = json["upper"].get<KeyBound>();
  range.only_nulls = json.value("only_nulls", false);
  return range;
}

std::pair<PartitionRange, PartitionRange> CutRange(const PartitionRange& range,
                                                   const KeyBound& at) {
  if (range.whole_table() || range.only_nulls) {
    throw BugError("a partition without a key cannot be cut");
  }
  PartitionRange below = range, rest = range;
  below.upper = at;
  rest.lower = at;
  return {below, rest};
}

}  // namespace transload
