#include "pipeline/filled_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <utility>

#include "core/error.h"
#include "core/plan_json.h"
#include "mappings/selection.h"

namespace transload {
namespace {

constexpr std::uint64_t kMostSubtracted = 100'000;

// What the ledger says of --sample.
std::optional<double> SampleOf(const std::string& input_json) {
  const nlohmann::json input = nlohmann::json::parse(input_json, nullptr, false);
  if (!input.is_object()) return std::nullopt;
  const double percent = input.value("/options/sample"_json_pointer, 100.0);
  return percent < 100 ? std::optional<double>(percent) : std::nullopt;
}

// A run that loads later what a repair has put there already would leave rows twice.
void RefuseUnlessLoaded(const RunRecord& run, const std::vector<TableRow>& tables) {
  if (run.state == "done") return;
  for (const TableRow& table : tables) {
    const auto data = table.phases.find("data");
    if (data != table.phases.end() && data->second == "done") continue;
    throw RefusedError(fmt::format(
        "run {} has not loaded all of its tables, and rows that it loads later would stand beside "
        "repaired ones: let transload run finish it, or drop what it made with transload undo",
        run.id));
  }
}

bool AllAmong(const std::string& schemas, const std::string& among) {
  std::set<std::string> known;
  std::stringstream names(among);
  for (std::string name; std::getline(names, name, ',');) known.insert(name);
  std::stringstream wanted(schemas);
  for (std::string name; std::getline(wanted, name, ',');) {
    if (!known.contains(name)) return false;
  }
  return true;
}

}  // namespace

std::optional<RunRecord> FindFiller(const Endpoints& ends, std::optional<Ledger>& ledger,
                                    const std::string& schemas) {
  const std::string& named = ends.options.run_id;
  std::optional<RunRecord> last;
  for (RunRecord& run : ledger ? ledger->ListRuns() : std::vector<RunRecord>()) {
    if (run.state == "undone" || (!named.empty() && run.id != named)) continue;
    if (named.empty() && run.fingerprint != ends.source->Info().fingerprint) continue;
    if (!named.empty() || AllAmong(run.target_schemas, schemas)) return ledger->FindRun(run.id);
    if (!last) last = std::move(run);
  }
  if (last) return ledger->FindRun(last->id);
  if (!named.empty()) {
    throw RefusedError(fmt::format("--run {}: the ledger knows no such run", named));
  }
  return std::nullopt;
}

AskedFor::AskedFor(const std::optional<RunRecord>& run) {
  if (!run) return;
  run_id_ = run->id;
  const nlohmann::json input = nlohmann::json::parse(run->input_json, nullptr, false);
  if (!input.is_object()) return;
  const std::vector<std::string> none;
  asked_.include = input.value("/options/include"_json_pointer, none);
  asked_.exclude = input.value("/options/exclude"_json_pointer, none);
  asked_.on_existing = static_cast<OnExisting>(
      input.value("/options/on_existing"_json_pointer, static_cast<int>(OnExisting::kFail)));
}

void AskedFor::LeaveOut(Endpoints& ends, Planned& planned) {
  left_out_.clear();
  if (asked_.include.empty() && asked_.exclude.empty()) return;
  const std::vector<bool> picked =
      PickTables(planned.catalogue, asked_, [](const char*, const std::string&) {});
  std::erase_if(planned.plan.tables, [&](const TablePlan& table) {
    const SourceTable* source = planned.FindSource(table);
    if (source == nullptr ||
        picked[static_cast<std::size_t>(source - planned.catalogue.tables.data())])
      return false;
    const bool wanted = !ends.options.include.empty();
    if (wanted && ends.target.HasTable(table.schema, table.name)) return false;
    left_out_.push_back(table.SourceLabel());
    return true;
  });
  if (!planned.plan.tables.empty()) return;
  throw RefusedError(
      fmt::format("nothing to compare: run {} was not asked to move {}", run_id_, Listed()));
}

std::string AskedFor::Note() const {
  return left_out_.empty() ? ""
                           : fmt::format(
                                 "not compared, because run {} was not asked to move "
                                 "them: {}",
                                 run_id_, Listed());
}

std::string AskedFor::Listed() const {
  constexpr std::size_t kNamed = 10;
  std::string text;
  for (std::size_t i = 0; i < std::min(left_out_.size(), kNamed); ++i) {
    text += (i == 0 ? "" : ", ") + left_out_[i];
  }
  return left_out_.size() <= kNamed
             ? text
             : text + fmt::format(" and {} others", left_out_.size() - kNamed);
}

Filled ReadFilled(const Endpoints& ends, std::optional<Ledger>& ledger,
                  const std::optional<RunRecord>& filler) {
  Filled filled;
  if (!filler) return filled;
  filled.run_id = filler->id;
  if (filler->fingerprint != ends.source->Info().fingerprint) {
    filled.other_source = nlohmann::json::parse(filler->options_json).value("source", "");
  }
  std::map<std::int64_t, std::string> labels;
  const LedgerSnapshot known = ledger->Read(filled.run_id, Ledger::Plans::kRead);
  filled.sample_percent = SampleOf(known.run.input_json);
  filled.data_only = nlohmann::json::parse(known.run.options_json).value("data_only", false);
  for (const TableRow& row : known.tables) {
    TablePlan plan = TablePlanFromJson(row.plan_json);
    labels[row.id] = plan.SourceLabel();
    filled.plans[plan.SourceLabel()] = std::move(plan);
  }
  for (RejectRow& row : ledger->ReadRejects(filled.run_id, kMostSubtracted)) {
    filled.rejected[labels[row.table_id]].push_back(std::move(row.row));
  }
  if (ends.options.repair == Repair::kApply) RefuseUnlessLoaded(known.run, known.tables);
  return filled;
}

std::vector<std::string> Filled::GoneFrom(const SourceCatalogue& catalogue) const {
  std::set<std::string> gone;
  for (const auto& [label, plan] : plans) gone.insert(label);
  for (const SourceTable& table : catalogue.tables) gone.erase(SourceLabel(table));
  return {gone.begin(), gone.end()};
}

}  // namespace transload
