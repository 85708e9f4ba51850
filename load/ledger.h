// The ledger: what a run has done, kept in the target so that data and bookkeeping commit together.
//
// A Ledger owns one control connection (libpqxx). Its functions may be called from any thread:
// they take turns. docs/ledger.md describes the tables for those who query them.
//
// A partition's `epoch` is the fence: it goes up whenever somebody new takes the partition, and the
// finishing UPDATE of a lane (partition_writer.h) names the epoch it was claimed with, and the
// owner: a failover that loses a claim lets the next one have the same epoch. Whoever was overtaken
// updates no row and rolls back.
#ifndef TRANSLOAD_LOAD_LEDGER_H_
#define TRANSLOAD_LOAD_LEDGER_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/options.h"
#include "core/partition.h"
#include "core/row_hash.h"
#include "load/run_lock.h"

namespace transload {

// "running": begun and not ended; "stopped": ended early, may be resumed; "done"; "undone": its
// objects were dropped; "abandoned": superseded by --restart.
struct RunRecord {
  std::string id;
  std::string fingerprint;     // of the source's data
  std::string target_schemas;  // the names, sorted, joined by ','
  std::string input_hash;
  std::string input_json;  // what the hash covers, to name the difference
  std::string options_json;
  std::string snapshot_json;
  std::uint64_t seed = 0;  // of the row hashes
  std::string version;     // of transload
  // --- read back
  std::string state = "running";
  std::string started_at, finished_at;  // ISO 8601, by the database's clock
  std::string amendments_json;          // array of what was changed after the start
  std::string outcome_json;
};

enum class TablePhase { kSchema, kData, kIndexes, kConstraints, kSequences, kVerify };

struct NewTable {
  std::string source_schema, source_name;
  std::string schema, name;
  // Asked for when the table is recorded: the plans of all tables as text take much room.
  std::function<std::string()> plan_json;
  std::uint64_t estimated_rows = 0;
  std::uint64_t estimated_bytes = 0;
};

struct NewPartition {
  std::int64_t table_id = 0;
  PartitionRange range;
  std::uint64_t estimated_bytes = 0;
  // More of the table is to be cut off its open end while it is read (SplitPlan).
  bool remainder = false;
};

struct Claim {
  std::string run_id;
  std::int64_t partition_id = 0;
  std::int64_t table_id = 0;
  int number = 0;  // within its table, from 1
  std::int64_t generation = 0;
  std::int64_t epoch = 0;
  std::string owner;
  int attempts = 0;  // this one included
  PartitionRange range;
  bool remainder = false;
  std::uint64_t estimated_bytes = 0;
  std::string schema, table;  // target
  bool last = false;          // no other one waited to be taken
};

// One lane's sign of life.
struct LaneBeat {
  int lane = 0;
  std::string doing;              // "read", "write", "idle", "index idx_a", ...
  std::int64_t partition_id = 0;  // 0: none
  std::int64_t epoch = 0;
  std::int32_t backend_pid = 0;
  std::string backend_start;  // as the lane's own connection read it
  std::uint64_t rows = 0;
  std::uint64_t bytes = 0;
};

struct Sums {
  std::uint64_t partitions = 0;
  std::uint64_t partitions_done = 0;
  std::uint64_t rows_read = 0;
  std::uint64_t rows_written = 0;
  std::uint64_t rows_rejected = 0;
  RowChecksum checksum;
  std::uint64_t source_bytes = 0;
  std::uint64_t copy_bytes = 0;
};

struct PartitionRow {
  std::int64_t id = 0, table_id = 0;
  int number = 0;
  PartitionRange range;
  bool remainder = false;
  std::string state;  // "todo", "running", "done"
  int attempts = 0;
  std::string owner;
  std::int64_t epoch = 0;
  std::uint64_t rows_read = 0, rows_written = 0, rows_rejected = 0;
  RowChecksum checksum;
  std::uint64_t source_bytes = 0, copy_bytes = 0, estimated_bytes = 0;
  double seconds = 0;
  std::string started_at, finished_at;
  std::string error;  // of the last failed attempt
  std::string sub_checksums_json;
};

struct TableRow {
  std::int64_t id = 0;
  std::string source_schema, source_name, schema, name;
  std::string plan_json;  // where it was asked for
  std::int64_t generation = 1;
  std::map<std::string, std::string> phases;  // "data" -> "done"
  std::optional<std::uint64_t> source_rows;   // COUNT(*) without a partition predicate
  std::string verdict;                        // "match", "mismatch", "not verified" or empty
  std::string verdict_detail;
  std::uint64_t estimated_rows = 0, estimated_bytes = 0;
  Sums sums;
};

struct ObjectRow {
  std::int64_t id = 0;
  std::string kind;    // "table", "index", "constraint", "type", "sequence", "function", ...
  std::string schema;  // empty for a schema itself
  std::string name;
  std::string table;  // what an index, constraint or trigger belongs to
  std::string
      action;  // "created", "altered", "truncated", "dropped", "appended", "failed", "unvalidated"
  std::string detail;  // the error of a failed one, the definition of a dropped one
  std::string made_at;
  std::uint32_t oid = 0;
};

struct LaneRow {
  LaneBeat beat;
  std::string owner;
  std::string seen_at;
  double age_seconds = 0;
};

struct RejectRow {
  std::int64_t table_id = 0, partition_id = 0;
  std::string key, column, reason;
  std::string row;  // as the source sent it, rendered as JSON
  std::int64_t id = 0;
};

struct CoercionRow {
  std::int64_t table_id = 0;
  std::string column, rule;
  std::uint64_t rows = 0;
  std::vector<std::string> samples;
};

struct LedgerSnapshot {
  RunRecord run;
  std::vector<TableRow> tables;
  std::vector<PartitionRow> partitions;
  std::vector<LaneRow> lanes;
  std::vector<ObjectRow> objects;
  std::vector<CoercionRow> coercions;  // summed per table, column and rule
  std::string now;                     // the database's clock
};

class Ledger {
 public:
  // Makes the schema in one transaction; refuses one of another layout.
  static Ledger Open(const Options& options);
  // For status and report: never writes, needs only SELECT. Nothing when there is no ledger.
  static std::optional<Ledger> OpenReadOnly(const Options& options);
  // For Lock() alone, where there need not be a ledger.
  static Ledger OpenForLock(const Options& options);
  Ledger(Ledger&&) noexcept;
  Ledger& operator=(Ledger&&) noexcept;
  ~Ledger();  // gives the lock back

  // --- one run at a time
  // Takes the session lock of (source, target schemas), or throws a refused error that says who
  // holds it.
  void Lock(const std::string& fingerprint, const std::string& target_schemas);
  // What was taken. Whether it still is, only the server knows: see RowRepair.
  RunLock held_lock() const;
  // Whether anybody has it.
  bool IsLocked(const std::string& fingerprint, const std::string& target_schemas);
  // After Lock(): whatever a dead process of this run left behind is fenced off and ended. Bumps
  // the epoch of every running partition and returns it to do; terminates the backends that `lane`
  // names and those that make the run's objects, and waits until they are gone. Returns how many
  // partitions were taken back.
  int TakeOver(const std::string& run_id);
  // The server process behind the control connection. Whoever takes the run up again in the same
  // client process ends it first: the server may still believe in a connection that was lost.
  SessionId control_session() const;
  void EndSession(const SessionId& session);
  // After an error with connection_lost: connects again, ends the session that was lost should the
  // server not have noticed, and takes the lock again.
  void Reconnect();

  // --- runs
  // The run and its tables in one transaction: an interrupted start leaves both or neither. Returns
  // the ids of `tables`, in their order.
  std::vector<std::int64_t> BeginRun(const RunRecord& run,
                                     const std::vector<NewTable>& tables = {});
  std::optional<RunRecord> FindRun(const std::string& id);
  std::optional<RunRecord> FindUnfinishedRun(const std::string& fingerprint,
                                             const std::string& target_schemas);
  // The latest run that ended as "done".
  std::optional<RunRecord> FindFinishedRun(const std::string& fingerprint,
                                           const std::string& target_schemas);
  std::vector<RunRecord> ListRuns();  // newest first, without input and options
  // "done", "undone" and "abandoned" also set the time of the end. Always a synchronous commit.
  void SetRunState(const std::string& run_id, const std::string& state,
                   const std::string& outcome_json = "");
  // Of a run that had ended and stays so; nothing else than SetOutcome() is to be said of it.
  void GoOnWithEnded(const std::string& run_id);
  void SetOutcome(const std::string& run_id, const std::string& outcome_json);
  // What the run is made from, where that may change on the way.
  void SetInput(const std::string& run_id, const std::string& input_hash,
                const std::string& input_json);
  void SetSnapshot(const std::string& run_id, const std::string& snapshot_json);
  // The source has moved: another identity, and another URL. Recorded as an amendment.
  void SetSource(const std::string& run_id, const std::string& fingerprint,
                 const std::string& display_url);
  // Appends {"at": now, "what": ..., "table": ...} to the run's amendments.
  void AddAmendment(const std::string& run_id, const std::string& what, const std::string& table);
  // The user's steps of these times are to run again.
  void ForgetSteps(const std::string& run_id, const std::vector<StepTime>& times);
  // Of a run that had ended: what is written up to now counts as its own, for undo.
  void MoveEnd(const std::string& run_id);
  // Rows of `object` by their ids: what failed in an earlier start, and was tried again since.
  void ForgetFailures(const std::vector<std::int64_t>& ids);
  // Materialised views are to be filled again.
  void ForgetRefreshes(const std::string& run_id);
  // Deletes all that is known of a run.
  void Forget(const std::string& run_id);

  // --- tables and partitions
  // Ids in the order of `tables`.
  std::vector<std::int64_t> RecordTables(const std::string& run_id,
                                         const std::vector<NewTable>& tables);
  // Numbers follow what a table already has. Ids in the order of `partitions`.
  std::vector<std::int64_t> InsertPartitions(const std::string& run_id,
                                             const std::vector<NewPartition>& partitions);
  void SetTablePhase(std::int64_t table_id, TablePhase phase, const std::string& state);
  // The run's tables of which the ledger does not say that this phase is done.
  std::vector<std::int64_t> TablesNotThrough(const std::string& run_id, TablePhase phase);
  void SetSourceRows(std::int64_t table_id, std::uint64_t rows);
  void SetVerdict(std::int64_t table_id, const std::string& verdict, const std::string& detail);
  bool AllPartitionsDone(std::int64_t table_id);

  // The largest partition to do, of the table with most left; or one whose lease has run out, or
  // which `owner` ("host:process:lane", one at a time) had without knowing. Nothing when there is
  // none for now: others may still run.
  std::optional<Claim> TakePartition(const std::string& run_id, const std::string& owner,
                                     const std::vector<std::int64_t>& not_these_tables = {});
  // Renews leases and writes lane rows in one statement. Returns the lanes whose partitions are no
  // longer held under their epoch, which must be cancelled: another lane may be at work on one.
  std::vector<std::int64_t> Heartbeat(const std::string& run_id, const std::string& process,
                                      const std::vector<LaneBeat>& beats);
  // Gives a partition back after a failed attempt. False when it had already been taken over.
  bool Release(const Claim& claim, const std::string& error);
  // Cuts a partition that is not done: it ends before `boundary`, and a new one, to do, holds the
  // rest; `claim.range` follows. Only its owner may do that, before it reads. Nothing when the
  // partition was taken over meanwhile. Does not change the epoch.
  std::optional<std::int64_t> Split(Claim& claim, const KeyBound& boundary);
  // Whether the partition was committed under this claim: answers Error::commit_in_doubt. Waits,
  // through the row's lock, for a commit that is still going on.
  bool WasCommitted(const Claim& claim);
  // Whether nobody has taken the partition since.
  bool IsHeld(const Claim& claim);

  // Starts a table anew: bumps its generation and all epochs, runs `sql` (empty and alter the
  // target table), replaces plan and partitions, deletes rejects and coercions, records the
  // amendment. One transaction. The table's lanes and index builds must have been cancelled: the
  // SQL waits for their locks, up to the lock timeout. Returns the new generation.
  std::int64_t Replan(const std::string& run_id, std::int64_t table_id,
                      const std::vector<std::string>& sql, const std::string& plan_json,
                      const std::vector<NewPartition>& partitions, const std::string& why);
  // Changes a table's plan under which no row need be loaded again: runs `sql`, keeps partitions
  // and generation, records the amendment. One transaction; no lane may be at work on the table.
  void Amend(const std::string& run_id, std::int64_t table_id, const std::vector<std::string>& sql,
             const std::string& plan_json, const std::string& why);
  // Back to do with partitions that are done, after `sql` removed their rows; one transaction.
  // Used by reconcile. An empty list stands for all partitions of the table.
  void ResetPartitions(std::int64_t table_id, const std::vector<std::int64_t>& partitions,
                       const std::vector<std::string>& sql);

  // --- reading
  Sums TableSums(std::int64_t table_id);
  // Schema and name of tables that stood before a run, whichever, appended to them under
  // --on-existing append, and that none has emptied since: they hold rows of others.
  std::set<std::pair<std::string, std::string>> AppendedTables();
  // The run of another source than `fingerprint` that was the last to make, empty or fill a table
  // which still stands, by its schema and name.
  struct Filler {
    std::string run_id;
    std::string source;  // its URL without secrets
  };
  std::map<std::pair<std::string, std::string>, Filler> FilledByOthers(
      const std::string& fingerprint);
  std::uint64_t CountRejects(const std::string& run_id);
  // In the order in which they were recorded, those that follow the one whose id is `after`.
  std::vector<RejectRow> ReadRejects(const std::string& run_id, std::uint64_t limit,
                                     std::int64_t after = 0);
  std::vector<PartitionRow> ReadPartitions(std::int64_t table_id);
  // Everything, in one read-only snapshot. The tables' plans are most of it, and few ask for them.
  enum class Plans { kLeaveOut, kRead };
  LedgerSnapshot Read(const std::string& run_id, Plans plans = Plans::kLeaveOut);

  const std::string& schema() const;

  // How long a claim is good for without a heartbeat.
  static constexpr int kLeaseSeconds = 60;

 private:
  struct State;
  explicit Ledger(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace transload

#endif  // TRANSLOAD_LOAD_LEDGER_H_
