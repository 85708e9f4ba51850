// What a run's result depends on: written, hashed and compared (plan_json.h).
#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>

#include "core/error.h"
#include "core/json_visitor.h"
#include "core/plan_json.h"

namespace transload {
namespace {

Json PolicyPairs(const std::vector<std::pair<std::string, std::string>>& pairs) {
  Json out = Json::object();
  for (const auto& [name, value] : pairs) out[name] = JsonText(value);
  return out;
}

constexpr std::string_view kStep = "step ";

std::string StepKey(std::size_t position) { return fmt::format("{}{} ", kStep, position); }

Json TableOptionsJson(const TableOptions& table) {
  Json out = Json::object();
  out["where"] = JsonText(table.where);
  out["exclude_columns"] = table.exclude_columns;
  out["rename"] = table.rename;
  out["policy"] = PolicyPairs(table.policies);
  for (const auto& [name, column] : table.columns) {
    out["column " + name] = {{"type", column.type},
                             {"rename", column.rename},
                             {"decode", column.decode},
                             {"policy", PolicyPairs(column.policies)}};
  }
  return out;
}

Json OptionsJson(const Options& options) {
  Json out = Json::object();
  out["include"] = options.include;
  out["exclude"] = options.exclude;
  out["sample"] = options.sample_percent.value_or(100.0);
  out["schema_only"] = options.schema_only;
  out["data_only"] = options.data_only;
  out["schema"] = options.schema;
  out["rename_schema"] = options.rename_schema;
  out["identifiers"] = static_cast<int>(options.identifiers);
  out["owner"] = options.owner;
  out["grant"] = options.grants;
  out["on_existing"] = static_cast<int>(options.on_existing);
  Json maps = Json::array();
  for (const MapRule& map : options.maps) {
    maps.push_back(
        {{"type", map.type}, {"column", map.column}, {"to", map.to}, {"decode", map.decode}});
  }
  out["map"] = maps;
  Policies policies = options.policies;
  out["policy"] = JsonWriter::Write(policies);
  for (const auto& [name, table] : options.tables) out["table " + name] = TableOptionsJson(table);
  for (std::size_t i = 0; i < options.steps.size(); ++i) {
    const SqlStep& step = options.steps[i];
    out[StepKey(i + 1) + step.name] = {{"when", static_cast<int>(step.when)},
                                       {"sql", JsonText(step.sql)}};
  }
  return out;
}

// Leaves of the steps those that have run.
void DropOtherSteps(Json& inputs, const std::set<std::size_t>& ran_steps) {
  Json kept = Json::object();
  for (const auto& option : inputs["options"].items()) {
    const std::string& name = option.key();
    const bool ran = std::any_of(ran_steps.begin(), ran_steps.end(), [&](std::size_t position) {
      return name.starts_with(StepKey(position));
    });
    if (ran || !name.starts_with(kStep)) kept[name] = option.value();
  }
  inputs["options"] = std::move(kept);
}

template <class T>
Json ByName(const std::vector<T>& items, const char* kind) {
  Json out = Json::object();
  for (T item : items) {
    std::string name = fmt::format("{} {}", kind, JsonText(item.name));
    while (out.contains(name)) name += " (again)";
    out[name] = JsonWriter::Write(item);
  }
  return out;
}

Json TableJson(SourceTable table) {
  Json out = JsonWriter::Write(table);
  // By name, so that a difference names the column and not its number.
  out["columns"] = ByName(table.columns, "column");
  out["indexes"] = ByName(table.indexes, "index");
  out["foreign_keys"] = ByName(table.foreign_keys, "foreign key");
  out["checks"] = ByName(table.checks, "check");
  Json order = Json::array();
  for (const SourceColumn& column : table.columns) order.push_back(JsonText(column.name));
  out["column order"] = order;
  return out;
}

std::string Shown(const Json& value) {
  std::string text = value.is_string() ? value.get<std::string>() : value.dump();
  if (text.size() > 80) text = text.substr(0, 77) + "...";
  return "'" + text + "'";
}

// Lines for what differs below `where`; objects are walked, everything else is compared whole.
void Compare(const Json& before, const Json& after, const std::string& where, std::string& out) {
  auto line = [&](const std::string& name, const std::string& what) {
    out += fmt::format("{}{}{}: {}\n", where, where.empty() ? "" : ": ", name, what);
  };
  for (const auto& [name, value] : before.items()) {
    if (!after.contains(name)) {
      line(name, "is gone");
      continue;
    }
    const Json& now = after[name];
    if (value == now) continue;
    if (!value.is_object() || !now.is_object()) {
      line(name, fmt::format("was {}, is {}", Shown(value), Shown(now)));
      continue;
    }
    const bool heading = name == "columns" || name == "indexes" || name == "foreign_keys" ||
                         name == "checks" || name == "tables";
    std::string below = where;
    if (!heading) below += (where.empty() ? "" : ": ") + name;
    Compare(value, now, below, out);
  }
  for (const auto& [name, value] : after.items()) {
    if (!before.contains(name)) line(name, "is new");
  }
}

}  // namespace

std::string InputsJson(const Options& options, const SourceCatalogue& catalogue,
                       std::string_view rules_digest) {
  Json out = Json::object();
  out["options"] = OptionsJson(options);
  out["type rules"] = std::string(rules_digest);
  // Sorted: the order in which a catalogue lists its tables means nothing.
  std::vector<const SourceTable*> tables;
  for (const SourceTable& table : catalogue.tables) tables.push_back(&table);
  std::sort(tables.begin(), tables.end(), [](const SourceTable* a, const SourceTable* b) {
    return SourceLabel(*a) < SourceLabel(*b);
  });
  Json& by_name = out["tables"] = Json::object();
  for (const SourceTable* table : tables) {
    by_name["table " + JsonText(SourceLabel(*table))] = TableJson(*table);
  }
  std::vector<SourceSequence> sequences = catalogue.sequences;
  for (SourceSequence& sequence : sequences) sequence.next_value.clear();  // it moves
  out["sequences"] = ByName(sequences, "sequence");
  return out.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string InputFingerprint(const Options& options, const SourceCatalogue& catalogue,
                             std::string_view rules_digest) {
  return TextFingerprint(InputsJson(options, catalogue, rules_digest));
}

std::string TextFingerprint(std::string_view text) {
  const XXH128_hash_t hash = XXH3_128bits(text.data(), text.size());
  return fmt::format("{:016x}{:016x}", hash.high64, hash.low64);
}

std::string DescribeDrift(std::string_view old_json, std::string_view new_json,
                          const std::set<std::size_t>& ran_steps) {
  std::string out;
  try {
    Json before = Json::parse(old_json);
    Json after = Json::parse(new_json);
    for (Json* inputs : {&before, &after}) DropOtherSteps(*inputs, ran_steps);
    Compare(before, after, "", out);
  } catch (const nlohmann::json::exception& error) {
    throw Error(fmt::format("the inputs of the earlier run can't be read: {}", error.what()));
  }
  return out;
}

}  // namespace transload
