// What a migration does differently when the source is PostgreSQL: its definitions come from
// pg_dump, not from the plan.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "extract/postgres/catalogue.h"
#include "pipeline/migration.h"
#include "pipeline/postgres_extension_rows.h"
#include "pipeline/postgres_extras.h"
#include "pipeline/postgres_rename.h"
#include "pipeline/postgres_schema.h"

namespace transload {

void Migration::MakePostgresSchema() {
  const Options& options = ends_->options;
  auto must = [](const ObjectOutcome& outcome) {
    if (!outcome.ok) throw Error(outcome.kind + " " + outcome.name + ": " + outcome.error);
  };
  std::vector<const TablePlan*> existing;
  std::vector<const TablePlan*> doomed;
  const auto standing = ends_->target.Standing(planned_.plan);
  std::set<std::pair<std::string, std::string>> kept;
  for (std::size_t i = 0; i < planned_.plan.tables.size(); ++i) {
    const TablePlan& table = planned_.plan.tables[i];
    if (!standing.contains({table.schema, table.name})) continue;
    if (made_.contains(fmt::format("table|{}||{}", table.schema, table.name))) continue;
    if (options.on_existing == OnExisting::kDrop) {
      doomed.push_back(&table);
      continue;
    }
    existing.push_back(&table);
    existing_.insert(table_ids_[i]);
    kept.emplace(table.schema, table.name);
  }
  if (!doomed.empty()) {
    must(SchemaBuilder(options, run_.id)
             .DropTables(doomed, ends_->target.ParentsOfAll(
                                     doomed, PartitionedTables(*AsPostgres(*ends_)))));
  }
  postgres_->ReadTarget();
  if (!existing.empty() && !objects_alone_) {
    SchemaBuilder builder(options, run_.id);
    for (const ObjectOutcome& outcome : builder.DropForeignKeys(existing)) must(outcome);
    if (const auto untouched = Untouched(existing); !untouched.empty()) {
      must(options.on_existing == OnExisting::kTruncate ? builder.TruncateTables(untouched)
                                                        : builder.RecordAppend(untouched));
    }
  }
  postgres_->Read(planned_.plan, kept, made_);
  postgres_->ListChanged(definitions_);
  for (const NotMigrated& object : postgres_->left_out()) {
    planned_.plan.not_migrated.push_back(object);
  }
  notes_.insert(notes_.end(), postgres_->notes().begin(), postgres_->notes().end());
  postgres_->MakePreData(*workers_);
  if (!options.schema_only && options.include.empty() && options.exclude.empty()) {
    MoveExtensionRows(*ends_, *workers_, made_);
  }
  LeaveUnlistedWhatExtensionsMade();
  // Without its table nothing of a plan can go on.
  const auto there = ends_->target.Standing(planned_.plan);
  for (const TablePlan& table : planned_.plan.tables) {
    if (there.contains({table.schema, table.name})) continue;
    std::string why;
    for (const ObjectOutcome& outcome : workers_->outcomes()) {
      if (!outcome.ok)
        why += fmt::format("\n  {} {}: {}", outcome.kind, outcome.name, outcome.error);
    }
    throw Error(fmt::format("table {}.{} could not be made; what failed before it:{}", table.schema,
                            table.name, why));
  }
}

// After pg_upgrade the source cannot tell what of an extension its user added: what CREATE
// EXTENSION has made here too was not.
void Migration::LeaveUnlistedWhatExtensionsMade() {
  std::vector<NotMigrated>& listed = planned_.plan.not_migrated;
  const auto beside = [](const NotMigrated& thing) {
    return thing.reason == postgres::kBesideExtension;
  };
  if (std::none_of(listed.begin(), listed.end(), beside)) return;
  std::set<std::vector<std::string>> here;
  for (const std::string& line : Lines(ends_->target.QueryText(
           fmt::format("select to_json(array[kind, name, statement]) from ({}) t",
                       postgres::ExtensionAdditionsSql())))) {
    here.insert(nlohmann::json::parse(line).get<std::vector<std::string>>());
  }
  std::erase_if(listed, [&](const NotMigrated& thing) {
    return beside(thing) && here.contains({thing.kind, thing.name, thing.definition});
  });
}

void Migration::PostgresTableLoaded(std::int64_t table_id, const TablePlan& plan) {
  postgres_->TableLoaded(
      *workers_, plan.source_schema, plan.source_name, [this, table_id, plan](bool made_more) {
        if (settled_.contains(table_id) && !made_more) return;
        workers_->Submit(
            "analyze " + plan.name,
            [this, plan](SchemaBuilder& builder) {
              return builder.Analyze(plan, ends_->options.vacuum);
            },
            [this, table_id] { ledger_->SetTablePhase(table_id, TablePhase::kIndexes, "done"); });
      });
}

// Replay on a standby ends the sessions that hold it up, the one that keeps the snapshot among
// them. Whatever failed then, a new start may get past it.
bool Migration::SourceTookSnapshotBack() {
  auto* source = AsPostgres(*ends_);
  if (source == nullptr) return false;
  std::lock_guard lock(ends_->source_mutex);  // workers may be reading large objects
  return !source->SnapshotHeld();
}

bool Migration::RenamesPending() const {
  for (const auto& [from, to] : RenamesOf(*ends_)) {
    if (!made_.contains(RenameKey(from, to))) return true;
  }
  return false;
}

bool Migration::SchemasRenamed() const { return !RenamesOf(*ends_).empty() && !RenamesPending(); }

void Migration::RenameSchemas() {
  Phase("schema names");
  const std::map<std::string, std::string> renames = RenamesOf(*ends_);
  SchemaBuilder builder(ends_->options, run_.id);
  const ObjectOutcome outcome = builder.RenameSchemas(renames);
  if (!outcome.ok) {
    throw Error(fmt::format("schemas could not be renamed ({}): {}", outcome.name, outcome.error));
  }
  ends_->target.CommitSynchronously();
  UseTargetSchemas(planned_.plan.tables, renames);
  for (std::size_t i = 0; i < table_ids_.size(); ++i) {
    board_.At(table_ids_[i]).plan.schema = planned_.plan.tables[i].schema;
  }
  for (std::string& sentence : OldNamesInText(*ends_, renames)) {
    progress_.Message(MessageLevel::kWarning, sentence);
    notes_.push_back(std::move(sentence));
  }
}

void Migration::AddPostgresObjects() {
  Phase("constraints");
  PutBack();
  const Options& options = ends_->options;
  postgres_->MakePostData(*workers_, /*with_rows=*/!options.schema_only);
  if (options.schema_only) return;
  if (objects_alone_ && !FailedBefore({"large object"})) return;
  if (options.include.empty() && options.exclude.empty()) {
    Phase("large objects");
    MoveLargeObjects(*ends_, *workers_, made_);
  } else {
    notes_.emplace_back("large objects belong to no table: a subset leaves them out");
  }
}

}  // namespace transload
