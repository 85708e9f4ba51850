// What a migration makes besides rows: schemas and tables before them; indexes of each table as
// soon as it is loaded; constraints, sequences, owners and grants when all are.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>

#include "core/error.h"
#include "core/fault_point.h"
#include "pipeline/migration.h"
#include "pipeline/postgres_extras.h"
#include "pipeline/postgres_rename.h"
#include "pipeline/postgres_schema.h"

namespace transload {
namespace {

constexpr std::size_t kTablesAtOnce = 50;

// The ledger's entry of a table that the run made itself.
std::string MadeTable(const TablePlan& table) {
  return fmt::format("table|{}||{}", table.schema, table.name);
}

std::string ObjectKey(const std::string& kind, const TablePlan& table, const std::string& name) {
  return fmt::format("{}|{}|{}|{}", kind, table.schema, table.name, name);
}

bool BecomesConstraint(const IndexPlan& index) { return index.primary || index.constraint; }

[[noreturn]] void ThrowOutcome(const ObjectOutcome& outcome) {
  Error error(fmt::format("{} {}: {}{}{}", outcome.kind, outcome.name, outcome.error,
                          outcome.hint.empty() ? "" : "; ", outcome.hint));
  error.code = outcome.code;
  throw error;
}

}  // namespace

void Migration::Make(const std::string& kind, const TablePlan& table, const std::string& name,
                     ObjectWorkers::Task task, std::function<void()> then) {
  if (made_.contains(ObjectKey(kind, table, name))) {
    if (then) then();
    return;
  }
  workers_->Submit(fmt::format("{} {}", kind, name.empty() ? table.name : name), std::move(task),
                   std::move(then));
}

void Migration::MakeIndex(const TablePlan& plan, const IndexPlan& index,
                          std::function<void()> then) {
  Make(
      "index", plan, index.name,
      [plan, index](SchemaBuilder& b) { return b.CreateIndex(plan, index); }, std::move(then));
}

// One after the other: two at a time would each hold the lock of a build and wait for the other's
// to go, to make a constraint of their index.
void Migration::MakeConstraintIndexes(const TablePlan& plan, std::size_t from,
                                      const std::function<void()>& one_less) {
  for (std::size_t i = from; i < plan.indexes.size(); ++i) {
    if (!BecomesConstraint(plan.indexes[i])) continue;
    MakeIndex(plan, plan.indexes[i], [this, plan, i, one_less] {
      MakeConstraintIndexes(plan, i + 1, one_less);
      one_less();
    });
    return;
  }
}

// Without its table nothing of a plan can go on, so here a failure ends the run.
void Migration::MakeSchema() {
  const Options& options = ends_->options;
  // How many things PostgreSQL's source has besides tables its archive tells later.
  Phase("schema", postgres_ ? 0 : planned_.plan.tables.size());
  if (postgres_) return MakePostgresSchema();
  SchemaBuilder builder(options, run_.id);
  auto must = [](const ObjectOutcome& outcome) {
    if (!outcome.ok) ThrowOutcome(outcome);
  };
  if (!options.data_only) {
    for (const std::string& schema : planned_.plan.schemas) {
      if (!made_.contains(fmt::format("schema|||{}", schema))) must(builder.CreateSchema(schema));
    }
    for (const CollationPlan& collation : planned_.plan.collations) {
      must(builder.CreateCollation(collation));
    }
    // Before the tables, whose defaults may ask them for values.
    for (const SequencePlan& sequence : planned_.plan.sequences) {
      if (!made_.contains(fmt::format("sequence|{}||{}", sequence.schema, sequence.name))) {
        must(builder.CreateSequence(sequence));
      }
    }
  }
  std::vector<const TablePlan*> existing;
  std::vector<const TablePlan*> doomed;
  std::vector<const TablePlan*> fresh;
  const auto standing = ends_->target.Standing(planned_.plan);
  for (std::size_t i = 0; i < planned_.plan.tables.size(); ++i) {
    const TablePlan& table = planned_.plan.tables[i];
    if (made_.contains(MadeTable(table))) continue;
    const bool stands = standing.contains({table.schema, table.name});
    if (stands && (options.data_only || options.on_existing == OnExisting::kTruncate ||
                   options.on_existing == OnExisting::kAppend)) {
      existing.push_back(&table);
      existing_.insert(table_ids_[i]);
      continue;
    }
    if (options.data_only) {
      throw RefusedError(
          fmt::format("--data-only: there is no table {}.{} for {}; create it, or "
                      "leave it out with --exclude",
                      table.schema, table.name, table.SourceLabel()));
    }
    if (stands && options.on_existing == OnExisting::kDrop) doomed.push_back(&table);
    fresh.push_back(&table);
  }
  if (objects_alone_) return;
  must(builder.DropTables(doomed));
  MakeTables(builder, fresh);
  for (const ObjectOutcome& outcome : builder.DropForeignKeys(existing)) must(outcome);
  if (const auto untouched = Untouched(existing); !untouched.empty()) {
    if (options.on_existing == OnExisting::kTruncate) {
      must(builder.TruncateTables(untouched));
    } else {
      must(builder.RecordAppend(untouched));
    }
  }
}

// Tables that stood in the target and that no start of this run has emptied, or recorded as
// appended to.
std::vector<const TablePlan*> Migration::Untouched(const std::vector<const TablePlan*>& tables) {
  std::vector<const TablePlan*> untouched;
  for (const TablePlan* table : tables) {
    if (!touched_.contains(MadeTable(*table))) untouched.push_back(table);
  }
  return untouched;
}

// Many at once: with hundreds of small tables every message to the server counts.
void Migration::MakeTables(SchemaBuilder& builder, const std::vector<const TablePlan*>& tables) {
  for (std::size_t first = 0; first < tables.size(); first += kTablesAtOnce) {
    stop_.ThrowIfRequested();
    const std::size_t end = std::min(first + kTablesAtOnce, tables.size());
    const std::vector<const TablePlan*> some(tables.begin() + static_cast<std::ptrdiff_t>(first),
                                             tables.begin() + static_cast<std::ptrdiff_t>(end));
    const bool made = builder.CreateTables(some);
    for (const TablePlan* table : some) {
      if (!made) {
        ObjectOutcome outcome = builder.CreateTable(*table);
        if (!outcome.ok) ThrowOutcome(outcome);
      }
      progress_.StepDone(table->SourceLabel());
    }
  }
}

// Whether an earlier start has made all that belongs to the table, its statistics last.
bool Migration::IsThrough(std::int64_t table_id, const TablePlan& plan) const {
  // Of one that stood before there is nothing but statistics to make, and no phase that says so.
  const bool through =
      through_.contains(table_id) || (objects_alone_ && existing_.contains(table_id));
  if (!through || ends_->options.retry_rejects) return false;
  const std::string label = plan.TargetLabel();
  return std::none_of(earlier_failures_.begin(), earlier_failures_.end(),
                      [&](const ObjectRow& failure) {
                        return failure.name == label || failure.name.starts_with(label + ".");
                      });
}

bool Migration::FailedBefore(const std::set<std::string>& kinds) const {
  return std::any_of(earlier_failures_.begin(), earlier_failures_.end(),
                     [&](const ObjectRow& failure) { return kinds.contains(failure.kind); });
}

// From a lane's thread, for the one; from the caller's, for tables that were loaded before.
void Migration::TableLoaded(std::int64_t table_id, const TablePlan& plan) {
  FaultAt(FaultPoint::kTableLoaded);
  // Indexes of a PostgreSQL source may wait for several tables, this one among them.
  if (settled_.contains(table_id) && (!postgres_ || existing_.contains(table_id))) return;
  ledger_->SetTablePhase(table_id, TablePhase::kData, "done");
  if (postgres_ && !existing_.contains(table_id)) return PostgresTableLoaded(table_id, plan);
  if (existing_.contains(table_id)) {
    workers_->Submit("analyze " + plan.name, [this, plan](SchemaBuilder& builder) {
      return builder.Analyze(plan, ends_->options.vacuum);
    });
    return;
  }
  auto left = std::make_shared<std::atomic<std::size_t>>(1);
  auto one_less = [this, table_id, plan, left] {
    if (--*left == 0) FinishTable(table_id, plan);
  };
  *left += plan.indexes.size() + plan.checks.size();
  for (const IndexPlan& index : plan.indexes) {
    if (!BecomesConstraint(index)) MakeIndex(plan, index, one_less);
  }
  MakeConstraintIndexes(plan, 0, one_less);
  for (const CheckPlan& check : plan.checks) {
    // Asked for again even when made: an earlier start may have ended before it was validated.
    workers_->Submit(
        "check " + check.name, [plan, check](SchemaBuilder& b) { return b.AddCheck(plan, check); },
        one_less);
  }
  one_less();
}

void Migration::FinishTable(std::int64_t table_id, const TablePlan& plan) {
  workers_->Submit(
      "analyze " + plan.name,
      [this, plan](SchemaBuilder& builder) {
        ObjectOutcome restored = builder.RestoreAutovacuum(plan);
        if (!restored.ok) return restored;
        ObjectOutcome commented = builder.Comment(plan);
        if (!commented.ok) return commented;
        return builder.Analyze(plan, ends_->options.vacuum);
      },
      [this, table_id] { ledger_->SetTablePhase(table_id, TablePhase::kIndexes, "done"); },
      proof_overlaps_statistics_ ? ObjectWorkers::Urgency::kTrailing
                                 : ObjectWorkers::Urgency::kAwaited);
}

// The proof has no use for statistics. What else comes after the indexes has: foreign keys are
// validated by joins, the user's steps do who knows what. Triggers, grants and owners want locks
// and catalogue rows that an ANALYZE holds.
bool Migration::ProofMayOverlapStatistics() const {
  const Options& options = ends_->options;
  const std::vector<TablePlan>& tables = planned_.plan.tables;
  return options.verify != VerifyLevel::kNone && !options.schema_only && !options.vacuum &&
         options.steps.empty() && options.owner.empty() && options.grants.empty() &&
         std::all_of(tables.begin(), tables.end(), [](const TablePlan& table) {
           return table.foreign_keys.empty() && table.triggers.empty();
         });
}

// What stood in the way of the rows: foreign keys of tables that were there before, and whatever a
// table of the run had when it was loaded again.
void Migration::PutBack() {
  if (existing_.empty() && !resuming_) return;
  workers_->Submit("what was set aside", [](SchemaBuilder& builder) {
    ObjectOutcome last;
    auto note = [&last](const std::vector<ObjectOutcome>& outcomes) {
      for (const ObjectOutcome& outcome : outcomes) {
        if (!outcome.ok || last.ok) last = outcome;
      }
    };
    note(builder.ValidateRecreatedKeys());  // by an earlier start
    note(builder.RecreateForeignKeys());
    note(builder.PutBack());
    return last;
  });
  workers_->WaitUntilIdle();
}

void Migration::AddConstraints() {
  if (postgres_) return AddPostgresObjects();
  Phase("constraints");
  PutBack();
  // Adding takes a brief lock on both tables: one after the other. Validating reads, and may run
  // beside others.
  for (std::size_t i = 0; i < planned_.plan.tables.size(); ++i) {
    const TablePlan& table = planned_.plan.tables[i];
    if (existing_.contains(table_ids_[i])) continue;
    for (const ForeignKeyPlan& key : table.foreign_keys) {
      // As for checks: made, but perhaps not validated.
      workers_->Submit("foreign key " + key.name, [this, &table, &key](SchemaBuilder& b) {
        ObjectOutcome added = b.AddForeignKey(table, key);
        if (added.ok && key.validate) {
          workers_->Submit("validate " + key.name, [&table, &key](SchemaBuilder& validator) {
            return validator.ValidateForeignKey(table, key);
          });
        }
        return added;
      });
    }
    for (const TouchTriggerPlan& trigger : table.triggers) {
      Make("trigger", table, trigger.trigger,
           [&table, &trigger](SchemaBuilder& b) { return b.CreateTouchTrigger(table, trigger); });
    }
  }
  workers_->WaitUntilIdle();
}

// As late as possible: sequences do not go back, and the source may still be at work.
void Migration::SetSequences() {
  if (objects_alone_ && !FailedBefore({"identity", "sequence"})) return;
  Phase("sequences");
  // The target may be in use: since an earlier start set them, or before rows were appended.
  const bool forward_only = resuming_ || ends_->options.on_existing == OnExisting::kAppend;
  if (AsPostgres(*ends_) != nullptr) {
    return SetPostgresSequences(*ends_, *workers_, planned_.catalogue.sequences, forward_only);
  }
  for (const TablePlan& table : planned_.plan.tables) {
    const bool identity = std::any_of(table.columns.begin(), table.columns.end(),
                                      [](const ColumnPlan& c) { return c.identity; });
    if (!identity) continue;
    std::string next = table.next_auto_value;
    if (const SourceTable* source = planned_.FindSource(table)) {
      std::lock_guard lock(ends_->source_mutex);
      if (std::string now = ends_->source->NextAutoValue(*source); !now.empty()) next = now;
    }
    workers_->Submit("identity " + table.name, [&table, next, forward_only](SchemaBuilder& b) {
      return b.SetIdentityNext(table, next, forward_only);
    });
  }
  for (const SequencePlan& sequence : planned_.plan.sequences) {
    std::string next;
    {
      std::lock_guard lock(ends_->source_mutex);
      next = ends_->source->NextSequenceValue(sequence.source);
    }
    if (next.empty()) next = sequence.source.next_value;
    workers_->Submit("sequence " + sequence.name,
                     [&sequence, next, forward_only](SchemaBuilder& b) {
                       return b.SetSequenceNext(sequence, next, forward_only);
                     });
  }
  workers_->WaitUntilIdle();
}

void Migration::GiveAway() {
  const Options& options = ends_->options;
  if (postgres_ && !SchemasRenamed()) {
    Phase("owners");
    // What was given away by the time the run ended is the target's administrator's to change.
    std::optional<std::set<std::pair<std::string, std::string>>> besides_new;
    if (objects_alone_) {
      besides_new.emplace();
      for (const ObjectRow& failure : earlier_failures_) {
        besides_new->emplace(failure.kind, failure.name);
      }
    }
    postgres_->GiveAway(*workers_, besides_new);
  }
  if (options.owner.empty() && options.grants.empty()) return;
  if (objects_alone_ && !FailedBefore({"owner", "grant"})) return;
  Phase("owners");
  for (const TablePlan& table : planned_.plan.tables) {
    if (options.grants.empty()) break;
    workers_->Submit("grant " + table.name, [&table, &options](SchemaBuilder& b) {
      return b.Grant(table, options.grants);
    });
  }
  // Grants are the old owner's to give: owners last.
  workers_->WaitUntilIdle();
  if (options.owner.empty()) return;
  for (const TablePlan& table : planned_.plan.tables) {
    workers_->Submit("owner " + table.name, [&table, &options](SchemaBuilder& b) {
      return b.SetOwner(table, options.owner);
    });
  }
  for (const SequencePlan& sequence : planned_.plan.sequences) {
    workers_->Submit("owner " + sequence.name, [&sequence, &options](SchemaBuilder& b) {
      return b.SetOwner(sequence, options.owner);
    });
  }
  workers_->WaitUntilIdle();
}

void Migration::RunSteps(StepTime when) {
  if (objects_alone_) return;
  const std::vector<SqlStep>& steps = ends_->options.steps;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if (steps[i].when != when || ran_steps_.contains(i + 1)) continue;
    Phase("step " + steps[i].name);
    ends_->target.RunSql(steps[i], run_.id, i + 1);
  }
}

}  // namespace transload
