// The definitions of a PostgreSQL source, made in the target from pg_dump's archive.
//
// In this order, each object in a transaction with its row in the ledger, some fifty small ones in
// one; where such a transaction fails, each of them alone:
//
//   before the data   everything of the section pre-data, one after the other
//   with the data     indexes and constraints of a table as soon as its rows are in, in parallel:
//                     the constraints of one table first, which lock it, then its indexes
//   after the data    triggers, rules, policies; foreign keys, of large tables NOT VALID first
//   then              materialised views, in the order in which they need one another
//   at the end        owners, privileges; publications, subscriptions, event triggers
//
// pg_dump's own dependencies hold throughout. An object that fails is reported and the others go
// on.
#ifndef TRANSLOAD_PIPELINE_POSTGRES_SCHEMA_H_
#define TRANSLOAD_PIPELINE_POSTGRES_SCHEMA_H_

#include <functional>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/plan.h"
#include "core/progress.h"
#include "extract/postgres/postgres_source.h"
#include "load/pg_archive.h"
#include "load/pg_archive_objects.h"
#include "pipeline/archive_stage.h"
#include "pipeline/endpoints.h"
#include "pipeline/object_workers.h"
#include "pipeline/postgres_catalogue.h"

namespace transload {

class PostgresSchema {
 public:
  // `source` is the one that `ends` holds.
  PostgresSchema(Endpoints& ends, postgres::PostgresSource& source);
  ~PostgresSchema();
  PostgresSchema(const PostgresSchema&) = delete;
  PostgresSchema& operator=(const PostgresSchema&) = delete;

  // Null when the source is no PostgreSQL, or its definitions are not wanted (--data-only).
  static std::unique_ptr<PostgresSchema> For(Endpoints& ends);

  // Runs pg_dump inside the snapshot, in the background, for Read.
  void Start(const MigrationPlan& plan);
  // Looks at what stands in the target before the run makes anything, for Read.
  void ReadTarget();
  // Waits for pg_dump and chooses: what belongs to tables that are not in `plan`, or that stand in
  // the target already, is left out. `made`: what an earlier start has made.
  void Read(const MigrationPlan& plan,
            const std::set<std::pair<std::string, std::string>>& standing,
            const std::set<std::string>& made);
  // Lists what an earlier start has made and what the source has otherwise by now, or no more.
  // `definitions`: fingerprints by the objects' keys in the ledger.
  void ListChanged(const std::map<std::string, std::set<std::string>>& definitions);
  // What --include and the like leave out besides tables.
  const std::vector<NotMigrated>& left_out() const { return left_out_; }
  const std::vector<std::string>& notes() const { return notes_; }

  // Rows change again after materialised views were filled.
  void RefreshAgain();

  void MakePreData(ObjectWorkers& workers);
  // Rows of a source table are in: what stands on it may be made, then `indexed` is called, with
  // whether there was anything to make. Any thread.
  void TableLoaded(ObjectWorkers& workers, const std::string& schema, const std::string& table,
                   const std::function<void(bool made_more)>& indexed);
  // After all rows are in.
  void MakePostData(ObjectWorkers& workers, bool with_rows);
  // Of all objects, or, besides those that this start has made, only where the owner or the
  // privileges of one are among `besides_new`: kinds and labels of failures.
  using KindsAndLabels = std::set<std::pair<std::string, std::string>>;
  void GiveAway(ObjectWorkers& workers, const std::optional<KindsAndLabels>& besides_new);

  // The SQL of everything chosen, for plan --ddl.
  std::string Script() const;

 private:
  struct Node {
    const ArchiveEntry* entry = nullptr;
    ArchiveStage stage = ArchiveStage::kPreData;
    bool chosen = true;
    bool done = false;
    bool stood = false;  // before the run: done by somebody else
    bool submitted = false;
    int waits = 0;
    std::vector<Node*> followers;
    std::vector<std::string> tables;  // whose rows it needs: keys of loading_
  };
  // What hangs on one table's rows.
  struct Loading {
    std::vector<Node*> nodes;
    std::size_t left = 0;
    std::function<void(bool)> indexed;
  };

  // What an entry grants, to roles that the target has.
  struct Granted {
    const ArchiveEntry* entry;
    std::vector<std::string> statements;
    StandingKind standing;
  };
  // Of what an entry is a part, an index of its table say.
  struct PartOf {
    bool chosen = false;    // of something that is made
    bool standing = false;  // of something that stood in the target before
  };

  void Choose(const MigrationPlan& plan,
              const std::set<std::pair<std::string, std::string>>& standing);
  std::map<std::uint32_t, std::string> WhoBringsRows(const MigrationPlan& plan);
  bool Subset() const;
  void ChooseTable(const ArchiveEntry& entry, const std::string& brought_by, bool stands);
  PartOf GoByNeeds(const ArchiveEntry& entry);
  void ListPartOfStanding(const ArchiveEntry& entry);
  void TakeStanding();
  void LeaveToAttach();
  static bool BelongsTo(const ArchiveEntry& entry, const ArchiveEntry& thing);
  void ListInvalidIndexes(const MigrationPlan& plan);
  void LinkTables();
  void ChainConstraints(Loading& loading);
  void Follow(Node& first, Node& then);
  void ReadRoles();
  std::string KnownSettings(const std::string& settings) const;
  void LeaveOutUnreadable(const MigrationPlan& plan, ArchiveRequest& request);
  std::string MadeKey(const ArchiveEntry& entry) const;
  const std::string& SchemaNow(const std::string& schema) const;
  void LeaveRenamed();
  ArchiveObject ObjectOf(const ArchiveEntry& entry) const;
  void Submit(ObjectWorkers& workers, Node& node);
  void Release(ObjectWorkers& workers, Node& node);
  void Done(ObjectWorkers& workers, Node& node);
  void RunStage(ObjectWorkers& workers, ArchiveStage stage);
  void RunInOrder(ObjectWorkers& workers, const std::shared_ptr<std::vector<Node*>>& nodes,
                  std::size_t next, std::size_t alone_until = 0);
  void RunTogether(ObjectWorkers& workers, const std::shared_ptr<std::vector<Node*>>& nodes,
                   std::size_t from, std::size_t to);
  const SourceForeignKeyInfo* ValidatedLater(const ArchiveEntry& entry) const;
  bool MayGoTogether(const ArchiveEntry& entry) const;
  ObjectOutcome MakeAlone(ObjectWorkers& workers, SchemaBuilder& builder,
                          const ArchiveEntry& entry);
  static void ValidateLater(ObjectWorkers& workers, const SourceForeignKeyInfo& info);
  void SetOwners(ObjectWorkers& workers, ArchiveStage stage,
                 const std::optional<KindsAndLabels>& besides_new);
  static void SubmitOwner(ObjectWorkers& workers, const ArchiveEntry& entry,
                          const std::string& sql);
  static void SubmitOwners(ObjectWorkers& workers,
                           const std::vector<std::pair<const ArchiveEntry*, std::string>>& changes);
  static void GrantTogether(ObjectWorkers& workers, const std::vector<Granted>& some);
  void LeaveEmptySchemas();
  std::vector<std::string> Grants(const ArchiveEntry& entry) const;

  Endpoints& ends_;
  postgres::PostgresSource& source_;
  std::map<std::string, std::string> renames_;
  bool renamed_ = false;              // by an earlier start
  std::future<void> programs_known_;  // waited for by whoever asks for one
  std::future<std::vector<ArchiveEntry>> archive_;
  std::vector<ArchiveEntry> entries_;
  std::map<int, ObjectAddress> addresses_;
  std::map<std::uint32_t, SourceForeignKeyInfo> foreign_keys_;
  std::map<int, Node> nodes_;
  std::map<int, std::string> row_source_;  // of a table's entry: the key of loading_
  std::map<std::string, Loading> loading_;
  std::set<std::string> small_;         // tables of few rows: keys of loading_
  std::set<std::string> tablespaces_;   // of the target
  std::set<std::string> roles_;         // likewise
  std::set<std::string> usable_roles_;  // that the login may give things to
  std::vector<NotMigrated> left_out_;
  std::map<std::string, std::set<std::string>> there_;  // the target's entries: their SQL by name
  std::vector<std::string> notes_;
  // What becomes ready late, the comment on an event trigger say, may belong to an earlier stage.
  ArchiveStage reached_ = ArchiveStage::kPreData;
  std::mutex mutex_;  // guards nodes_, loading_ and reached_ once lanes run
};

}  // namespace transload

#endif  // TRANSLOAD_PIPELINE_POSTGRES_SCHEMA_H_
