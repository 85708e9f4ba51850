// Makes the target's objects, each in a transaction together with its `object` row: one of its own,
// or, where a function takes several, one for all of them.
//
// Every function returns an outcome: an object that fails does not stop the others. Only a lost
// connection, an interrupt and the like throw. Failures stay in the ledger until the run forgets
// those of earlier starts (Ledger::ForgetFailures). Nothing uses IF NOT EXISTS, which would adopt,
// and later undo, somebody else's object. Lock time-outs and deadlocks are tried again.
//
// A builder owns one libpqxx connection and is used by one thread; only Cancel() may be called from
// another. Index jobs have a builder each.
#ifndef TRANSLOAD_LOAD_SCHEMA_BUILDER_H_
#define TRANSLOAD_LOAD_SCHEMA_BUILDER_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/options.h"
#include "core/plan.h"

namespace transload {

struct ObjectOutcome {
  bool ok = true;
  std::string kind;  // "table", "index", "foreign key", ...
  std::string name;  // "public.orders", "public.orders.idx_a"
  std::string error;
  std::string hint;                 // what to do, or a query that shows the rows at fault
  std::string code;                 // SQLSTATE
  bool stands_unvalidated = false;  // a constraint that is there, for new rows only
};

enum class StandingKind;
struct ArchiveObject;
struct ExtensionRows;
struct LargeObjectPiece;
struct SmallLargeObject;

class SchemaBuilder {
 public:
  SchemaBuilder(const Options& options, const std::string& run_id);
  SchemaBuilder(SchemaBuilder&&) noexcept;
  SchemaBuilder& operator=(SchemaBuilder&&) noexcept;
  ~SchemaBuilder();

  void Cancel() noexcept;  // any thread
  // Told before each pause that a lock time-out or a deadlock costs: what is made, why, which try
  // has failed, how long the pause is.
  using RetryHook = std::function<void(const std::string& what, const std::string& reason,
                                       int attempt, std::chrono::milliseconds wait)>;
  void OnRetry(RetryHook hook);

  // --- before the data
  // An existing schema is used as it is, and not recorded.
  ObjectOutcome CreateSchema(const std::string& name);
  // As with schemas: one that is there and compares the same is used.
  ObjectOutcome CreateCollation(const CollationPlan& collation);
  // The table with its enum types, and nothing that would slow a load. Autovacuum is off while it
  // loads (recorded, put back by RestoreAutovacuum).
  ObjectOutcome CreateTable(const TablePlan& table);
  // Several in one transaction and one message to the server: all of them, or, when one fails,
  // none, without a record of the failure; each is to be made alone then. The types come with them.
  bool CreateTables(const std::vector<const TablePlan*>& tables);
  ObjectOutcome CreateSequence(const SequencePlan& sequence);

  // --- tables that exist
  // One TRUNCATE of all of them, never CASCADE.
  ObjectOutcome TruncateTables(const std::vector<const TablePlan*>& tables);
  // Rows are about to be added to these: undo must know that it cannot take them back.
  ObjectOutcome RecordAppend(const std::vector<const TablePlan*>& tables);
  // --on-existing drop: all of them, which may refer to one another, or none; never CASCADE.
  // `parents`: partitioned tables, schema and name, of which these are all partitions.
  ObjectOutcome DropTables(const std::vector<const TablePlan*>& tables,
                           const std::vector<std::pair<std::string, std::string>>& parents = {});
  // Drops the foreign keys on and to these tables, definitions recorded; Recreate... makes them
  // again with all their flags, from the record, also in a later process.
  std::vector<ObjectOutcome> DropForeignKeys(const std::vector<const TablePlan*>& tables);
  std::vector<ObjectOutcome> RecreateForeignKeys();
  // Those that came back NOT VALID, because of rows that may be mended by now.
  std::vector<ObjectOutcome> ValidateRecreatedKeys();
  // What set_aside.h has set aside of the run's own tables, by this process or an earlier one.
  std::vector<ObjectOutcome> PutBack();

  // --- after the data
  ObjectOutcome CreateIndex(const TablePlan& table, const IndexPlan& index);
  // NOT VALID; a brief lock on both tables.
  ObjectOutcome AddForeignKey(const TablePlan& table, const ForeignKeyPlan& key);
  // Rows without a parent are counted, and shown in the hint by a query that finds them.
  ObjectOutcome ValidateForeignKey(const TablePlan& table, const ForeignKeyPlan& key);
  ObjectOutcome AddCheck(const TablePlan& table, const CheckPlan& check);
  ObjectOutcome Comment(const TablePlan& table);  // table, columns, indexes
  ObjectOutcome CreateTouchTrigger(const TablePlan& table, const TouchTriggerPlan& trigger);
  // `next` is the value that must be handed out next, decimal; never below max + 1. Beyond the
  // type's end the sequence is left exhausted, which is an outcome with a hint but ok.
  // `forward_only`: a sequence that is in use and stands further stays there.
  ObjectOutcome SetIdentityNext(const TablePlan& table, const std::string& next, bool forward_only);
  ObjectOutcome SetSequenceNext(const SequencePlan& sequence, const std::string& next,
                                bool forward_only);
  ObjectOutcome RestoreAutovacuum(const TablePlan& table);
  ObjectOutcome Analyze(const TablePlan& table, bool vacuum);
  ObjectOutcome SetOwner(const TablePlan& table, const std::string& role);
  ObjectOutcome SetOwner(const SequencePlan& sequence, const std::string& role);
  // "SELECT TO reporting": all of a table at once, or they would change its entry side by side.
  ObjectOutcome Grant(const TablePlan& table, const std::vector<std::string>& grants);

  // --- from a PostgreSQL source (pg_archive_objects.cpp)
  ObjectOutcome CreateFromArchive(const ArchiveObject& object);
  // All of them in one transaction and one message; or none, without a record of the failure, when
  // something is wrong with one: each is to be made alone then. None may be there already.
  bool CreateTogetherFromArchive(const std::vector<ArchiveObject>& objects);
  // Statements that make no object: each is one outcome, the first failure. What the server warns
  // of is one.
  ObjectOutcome RunForArchive(const std::string& kind, const std::string& label,
                              const std::vector<std::string>& statements, StandingKind standing);
  // All of them in one transaction; or none, without a record of the failure, when one fails, is
  // warned of or changes what stood before: each is to be run alone then.
  bool RunTogetherForArchive(const std::vector<std::string>& statements, StandingKind standing);
  // An extension that stood before the run has them appended.
  ObjectOutcome AddExtensionRows(const ExtensionRows& rows);
  // Reads piece after piece until an empty one; `after`: owner, privileges, comment.
  ObjectOutcome CreateLargeObject(const std::string& oid,
                                  const std::function<LargeObjectPiece(std::int64_t)>& read,
                                  const std::vector<std::string>& after);
  // All of them in one transaction; or none, without a record of the failure, when something is
  // wrong with one: each is to be made alone then.
  bool CreateLargeObjects(const std::vector<SmallLargeObject>& objects);
  // All of them in one transaction with the ledger's names. A schema that stood before the run is
  // made again, empty.
  ObjectOutcome RenameSchemas(const std::map<std::string, std::string>& renames);
  // For what cannot even be tried: recorded as a failure like any other.
  ObjectOutcome Fail(const std::string& kind, const std::string& name, const std::string& why);
  ObjectOutcome SetSequenceState(const std::string& schema, const std::string& name,
                                 const std::string& last_value, bool is_called, bool forward_only);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace transload

#endif  // TRANSLOAD_LOAD_SCHEMA_BUILDER_H_
