#include "pipeline/postgres_schema.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/plan_json.h"
#include "extract/postgres/catalogue.h"
#include "load/ddl.h"
#include "load/pg_programs.h"
#include "pipeline/postgres_extras.h"
#include "pipeline/postgres_rename.h"

namespace transload {
namespace {

// Each takes some locks to the end of its transaction.
constexpr std::size_t kObjectsAtOnce = 50;

// Bytes. Its indexes and keys are made in no time, and twice if need be.
constexpr std::uint64_t kSmallTable = std::uint64_t{8} << 20;

// pg_dump tells nothing of it but its tag: "USER MAPPING app SERVER far".
void AddressUserMapping(ArchiveObject& object) {
  constexpr std::string_view kWords = "USER MAPPING ", kServer = " SERVER ";
  const std::size_t server = object.name.rfind(kServer);
  if (!object.name.starts_with(kWords) || server == std::string::npos) return;
  auto array_of = [](std::string_view name) {
    std::string text = "{\"";
    for (char c : name) {
      if (c == '"' || c == '\\') text += '\\';
      text += c;
    }
    return text + "\"}";
  };
  const std::string_view tag = object.name;
  object.address_type = "user mapping";
  object.address_names = array_of(tag.substr(kWords.size(), server - kWords.size()));
  object.address_args = array_of(tag.substr(server + kServer.size()));
}

}  // namespace

PostgresSchema::PostgresSchema(Endpoints& ends, postgres::PostgresSource& source)
    : ends_(ends),
      source_(source),
      programs_known_(std::async(LearnPgPrograms, ends.options.pg_bin)) {}

std::unique_ptr<PostgresSchema> PostgresSchema::For(Endpoints& ends) {
  auto* source = dynamic_cast<postgres::PostgresSource*>(ends.source.get());
  if (source == nullptr || ends.options.data_only) return nullptr;
  return std::make_unique<PostgresSchema>(ends, *source);
}

PostgresSchema::~PostgresSchema() {
  // Nobody wants the archive any more, and its future waits for the programs. The next start of
  // this process wants one again.
  if (archive_.valid()) KillRunningPrograms();
}

void PostgresSchema::Start(const MigrationPlan& plan) {
  const PgPrograms programs = FindPgPrograms(ends_.options.pg_bin, source_.version_num() / kMajor,
                                             ends_.target.Info().version_num / kMajor);
  ArchiveRequest request;
  request.conninfo = source_.endpoint().ConnectionStringWithoutSecrets();
  request.password = source_.endpoint().Password();
  request.secrets = source_.endpoint().OtherSecrets();
  request.snapshot = source_.snapshot_id();
  request.lock_timeout_ms = ends_.options.lock_timeout_ms;
  request.stall_timeout_ms = ends_.options.stall_timeout_ms;
  const postgres::SqlRows ledgers = source_.Query(postgres::kLedgerSchemas);
  for (std::size_t row = 0; row < ledgers.size(); ++row) {
    request.left_out.push_back(ledgers.Text(row, 0));
  }
  LeaveOutUnreadable(plan, request);
  archive_ = std::async(std::launch::async, ReadArchive, programs, request);
}

void PostgresSchema::Read(const MigrationPlan& plan,
                          const std::set<std::pair<std::string, std::string>>& standing,
                          const std::set<std::string>& made) {
  if (!archive_.valid()) Start(plan);
  entries_ = archive_.get();
  std::erase_if(entries_, IsNothing);
  addresses_ = ReadAddresses(source_, entries_);
  foreign_keys_ = ReadForeignKeys(source_);
  renames_ = RenamesOf(ends_);
  renamed_ = !renames_.empty() &&
             made.contains(RenameKey(renames_.begin()->first, renames_.begin()->second));
  ReadRoles();
  for (const ArchiveEntry& entry : entries_) {
    Node& node = nodes_[entry.id];
    node.entry = &entry;
    node.stage = StageOf(entry);
    node.done = made.contains(MadeKey(entry));
  }
  if (!there_.empty()) TakeStanding();
  Choose(plan, standing);
  ListInvalidIndexes(plan);
  if (renamed_) LeaveRenamed();
  for (auto& [id, node] : nodes_) {
    if (!node.chosen) continue;
    for (int other : node.entry->depends_on) {
      auto needed = nodes_.find(other);
      if (needed != nodes_.end() && needed->second.chosen) Follow(needed->second, node);
    }
  }
  for (const TablePlan& table : plan.tables) {
    if (table.estimated_bytes < kSmallTable) {
      small_.insert(TableKey(table.source_schema, table.source_name));
    }
  }
  LinkTables();
}

// As the ledger knows the object.
std::string PostgresSchema::MadeKey(const ArchiveEntry& entry) const {
  return fmt::format("{}|{}||{}", KindOf(entry), SchemaNow(entry.schema),
                     entry.kind == "SCHEMA" ? SchemaNow(entry.name) : entry.name);
}

const std::string& PostgresSchema::SchemaNow(const std::string& schema) const {
  auto renamed = renames_.find(schema);
  return renamed_ && renamed != renames_.end() ? renamed->second : schema;
}

void PostgresSchema::Follow(Node& first, Node& then) {
  if (first.done || &first == &then) return;
  first.followers.push_back(&then);
  ++then.waits;
}

// An index of a table waits for the table's rows; what stands on an index has them then.
void PostgresSchema::LinkTables() {
  for (auto& [id, node] : nodes_) {
    if (node.stage != ArchiveStage::kTable || !node.chosen || node.done) continue;
    for (int other : node.entry->depends_on) {
      auto found = row_source_.find(other);
      if (found != row_source_.end()) node.tables.push_back(found->second);
    }
    for (const std::string& table : node.tables) {
      ++node.waits;
      loading_[table].nodes.push_back(&node);
    }
    // On a materialised view or a partitioned table alone: nothing to wait for but the others.
    if (node.tables.empty()) ++node.waits;
  }
  for (auto& [table, loading] : loading_) {
    loading.left = loading.nodes.size();
    if (!small_.contains(table)) ChainConstraints(loading);
  }
}

// ADD CONSTRAINT locks the table against everybody; indexes are built beside one another.
void PostgresSchema::ChainConstraints(Loading& loading) {
  Node* last = nullptr;
  for (Node* node : loading.nodes) {
    if (node->entry->kind != "CONSTRAINT") continue;
    if (last != nullptr) Follow(*last, *node);
    last = node;
  }
  if (last == nullptr) return;
  for (Node* node : loading.nodes) {
    if (node->entry->kind == "INDEX") Follow(*last, *node);
  }
}

ArchiveObject PostgresSchema::ObjectOf(const ArchiveEntry& entry) const {
  ArchiveObject object;
  object.kind = KindOf(entry);
  object.schema = entry.schema;
  object.name = entry.name;
  object.label = LabelOf(entry);
  object.settings_sql = KnownSettings(entry.settings_sql);
  object.sql = entry.sql;
  object.fingerprint = TextFingerprint(entry.sql);
  if (auto address = addresses_.find(entry.id); address != addresses_.end()) {
    object.address_type = address->second.type;
    object.address_names = address->second.names;
    object.address_args = address->second.args;
  }
  object.made_once = entry.kind == "TABLE ATTACH" || entry.kind == "SHELL TYPE";
  object.changes_standing = entry.kind == "COMMENT" && ChangesStanding(entry);
  if (entry.kind == "USER MAPPING") AddressUserMapping(object);
  const std::string name = ddl::QuoteLiteral(entry.name);
  if (entry.kind == "SCHEMA") {
    object.exists_sql = "select 1 from pg_catalog.pg_namespace where nspname = " + name;
  } else if (entry.kind == "EXTENSION") {
    object.exists_sql = "select 1 from pg_catalog.pg_extension where extname = " + name;
  } else if (entry.kind == "PROCEDURAL LANGUAGE") {
    object.exists_sql = "select 1 from pg_catalog.pg_language where lanname = " + name;
  } else if (StageOf(entry) == ArchiveStage::kRefresh && renamed_) {
    object.schema = SchemaNow(entry.schema);
    object.sql = "REFRESH MATERIALIZED VIEW " + ddl::Qualified(object.schema, entry.name);
  }
  return object;
}

// The key, when it is one that is made NOT VALID first and validated later.
const SourceForeignKeyInfo* PostgresSchema::ValidatedLater(const ArchiveEntry& entry) const {
  if (entry.kind != "FK CONSTRAINT") return nullptr;
  auto key = foreign_keys_.find(entry.oid);
  const bool later =
      key != foreign_keys_.end() && key->second.validated && !key->second.partitioned;
  return later ? &key->second : nullptr;
}

// Not what may stand in the target already, or changes what stands there; nor what is looked up
// otherwise, or takes its time.
bool PostgresSchema::MayGoTogether(const ArchiveEntry& entry) const {
  static const std::set<std::string> kAlone = {"SCHEMA", "EXTENSION", "PROCEDURAL LANGUAGE",
                                               "OPERATOR", "MATERIALIZED VIEW DATA"};
  if (entry.kind == "FK CONSTRAINT") {
    const SourceForeignKeyInfo* key = ValidatedLater(entry);
    return key != nullptr && small_.contains(TableKey(key->table.schema, key->table.name));
  }
  return !kAlone.contains(entry.kind) && !ChangesStanding(entry);
}

ObjectOutcome PostgresSchema::MakeAlone(ObjectWorkers& workers, SchemaBuilder& builder,
                                        const ArchiveEntry& entry) {
  ArchiveObject object = ObjectOf(entry);
  const SourceForeignKeyInfo* key = ValidatedLater(entry);
  if (key != nullptr && object.sql.ends_with(";")) {
    object.sql.back() = ' ';
    object.sql += "NOT VALID;";
  }
  ObjectOutcome outcome = builder.CreateFromArchive(object);
  if (outcome.ok && key != nullptr) ValidateLater(workers, *key);
  return outcome;
}

void PostgresSchema::Submit(ObjectWorkers& workers, Node& node) {
  node.submitted = true;
  const ArchiveEntry& entry = *node.entry;
  workers.Submit(
      KindOf(entry) + " " + LabelOf(entry),
      [this, &entry, &workers](SchemaBuilder& builder) {
        return MakeAlone(workers, builder, entry);
      },
      [this, &workers, &node] { Done(workers, node); });
}

void PostgresSchema::ValidateLater(ObjectWorkers& workers, const SourceForeignKeyInfo& info) {
  workers.Submit("validate " + info.key.name, [&info](SchemaBuilder& builder) {
    return builder.ValidateForeignKey(info.table, info.key);
  });
}

// Under the lock.
void PostgresSchema::Release(ObjectWorkers& workers, Node& node) {
  if (--node.waits > 0 || node.submitted || node.done) return;
  Submit(workers, node);
}

void PostgresSchema::Done(ObjectWorkers& workers, Node& node) {
  std::vector<std::function<void(bool)>> indexed;
  {
    std::lock_guard lock(mutex_);
    node.done = true;
    for (Node* follower : node.followers) {
      --follower->waits;
      const bool runs = follower->stage == ArchiveStage::kTable ||
                        (follower->stage > ArchiveStage::kPreData && follower->stage <= reached_ &&
                         follower->stage != ArchiveStage::kPrivileges);
      if (runs && follower->waits == 0 && !follower->submitted && !follower->done) {
        Submit(workers, *follower);
      }
    }
    for (const std::string& table : node.tables) {
      Loading& loading = loading_.at(table);
      if (--loading.left == 0 && loading.indexed) indexed.push_back(loading.indexed);
    }
  }
  for (const auto& call : indexed) call(true);
}

// `alone_until`: up to there they could not be made together.
void PostgresSchema::RunInOrder(ObjectWorkers& workers,
                                const std::shared_ptr<std::vector<Node*>>& nodes, std::size_t next,
                                std::size_t alone_until) {
  if (next == nodes->size()) return;
  std::size_t end = next;
  while (end < nodes->size() && end - next < kObjectsAtOnce &&
         MayGoTogether(*(*nodes)[end]->entry)) {
    ++end;
  }
  if (next >= alone_until && end - next > 1) return RunTogether(workers, nodes, next, end);
  Node& node = *(*nodes)[next];
  const ArchiveEntry& entry = *node.entry;
  workers.Submit(
      KindOf(entry) + " " + LabelOf(entry),
      [this, &entry, &workers](SchemaBuilder& builder) {
        return MakeAlone(workers, builder, entry);
      },
      [this, &workers, nodes, next, alone_until, &node] {
        Done(workers, node);
        RunInOrder(workers, nodes, next + 1, alone_until);
      });
}

// The nodes from `from` up to `to`, and then the others.
void PostgresSchema::RunTogether(ObjectWorkers& workers,
                                 const std::shared_ptr<std::vector<Node*>>& nodes, std::size_t from,
                                 std::size_t to) {
  const ArchiveEntry& first = *(*nodes)[from]->entry;
  auto tried = std::make_shared<bool>(false);
  auto made = std::make_shared<bool>(false);
  workers.Submit(
      fmt::format("{} {} and {} more", KindOf(first), LabelOf(first), to - from - 1),
      [this, nodes, from, to, tried, made](SchemaBuilder& builder) {
        // A second time: whether the first one was committed went down with its connection.
        if (std::exchange(*tried, true)) return ObjectOutcome{};
        std::vector<ArchiveObject> objects;
        for (std::size_t i = from; i < to; ++i) objects.push_back(ObjectOf(*(*nodes)[i]->entry));
        *made = builder.CreateTogetherFromArchive(objects);
        return ObjectOutcome{};
      },
      [this, &workers, nodes, from, to, made] {
        if (!*made) return RunInOrder(workers, nodes, from, to);
        for (std::size_t i = from; i < to; ++i) Done(workers, *(*nodes)[i]);
        RunInOrder(workers, nodes, to);
      });
}

void PostgresSchema::MakePreData(ObjectWorkers& workers) {
  auto nodes = std::make_shared<std::vector<Node*>>();
  for (const ArchiveEntry& entry : entries_) {
    Node& node = nodes_.at(entry.id);
    // CREATE EXTENSION brings its own comment, which only a superuser may set.
    const bool extension_comment = entry.kind == "COMMENT" && entry.name.starts_with("EXTENSION ");
    if (node.stage != ArchiveStage::kPreData || !node.chosen || node.done || extension_comment)
      continue;
    node.submitted = true;
    nodes->push_back(&node);
  }
  RunInOrder(workers, nodes, 0);
  workers.WaitUntilIdle();
}

void PostgresSchema::RefreshAgain() {
  std::lock_guard lock(mutex_);
  std::set<int> again;
  for (auto& [id, node] : nodes_) {
    if (node.stage != ArchiveStage::kRefresh || !node.done) continue;
    node.done = false;
    again.insert(id);
  }
  for (auto& [id, node] : nodes_) {
    if (node.stage != ArchiveStage::kRefresh || !node.chosen) continue;
    for (int other : node.entry->depends_on) {
      if (again.contains(other)) Follow(nodes_.at(other), node);
    }
  }
}

void PostgresSchema::TableLoaded(ObjectWorkers& workers, const std::string& schema,
                                 const std::string& table,
                                 const std::function<void(bool)>& indexed) {
  bool nothing = false;
  auto together = std::make_shared<std::vector<Node*>>();
  {
    std::lock_guard lock(mutex_);
    auto found = loading_.find(TableKey(schema, table));
    if (found == loading_.end() || found->second.left == 0) {
      nothing = true;
    } else {
      Loading& loading = found->second;
      loading.indexed = indexed;
      for (Node* node : loading.nodes) {
        if (!small_.contains(found->first)) {
          Release(workers, *node);
        } else if (--node->waits == 0 && !node->submitted && !node->done) {
          node->submitted = true;
          together->push_back(node);
        }
      }
    }
  }
  std::stable_partition(together->begin(), together->end(),
                        [](const Node* node) { return node->entry->kind == "CONSTRAINT"; });
  RunInOrder(workers, together, 0);
  if (nothing) indexed(false);
}

// Submits what is ready of a stage and waits until all of it, and what follows, is done.
void PostgresSchema::RunStage(ObjectWorkers& workers, ArchiveStage stage) {
  auto together = std::make_shared<std::vector<Node*>>();
  std::vector<Node*> alone;
  {
    std::lock_guard lock(mutex_);
    reached_ = stage;
    for (auto& [id, node] : nodes_) {
      if (node.stage != stage || !node.chosen || node.done || node.submitted) continue;
      if (node.waits > 0) continue;
      node.submitted = true;
      const bool many = stage == ArchiveStage::kAfterData && MayGoTogether(*node.entry);
      (many ? *together : alone).push_back(&node);
    }
  }
  // First, and by one worker: they lock tables that others would lock the other way round.
  RunInOrder(workers, together, 0);
  if (!together->empty()) workers.WaitUntilIdle();
  for (Node* node : alone) Submit(workers, *node);
  workers.WaitUntilIdle();
}

void PostgresSchema::MakePostData(ObjectWorkers& workers, bool with_rows) {
  {
    std::lock_guard lock(mutex_);
    for (auto& [id, node] : nodes_) {
      if (node.stage != ArchiveStage::kTable || !node.tables.empty() || !node.chosen || node.done)
        continue;
      Release(workers, node);
    }
  }
  workers.WaitUntilIdle();
  RunStage(workers, ArchiveStage::kAfterData);
  // An earlier start may have made a key and not come to look at the rows.
  for (const auto& [id, node] : nodes_) {
    if (!node.done || node.submitted) continue;
    if (const SourceForeignKeyInfo* key = ValidatedLater(*node.entry)) ValidateLater(workers, *key);
  }
  workers.WaitUntilIdle();
  if (with_rows) RunStage(workers, ArchiveStage::kRefresh);
}

std::string PostgresSchema::Script() const {
  std::string script;
  for (const ArchiveEntry& entry : entries_) {
    if (!nodes_.at(entry.id).chosen || nodes_.at(entry.id).stood) continue;
    script += entry.settings_sql + entry.sql + "\n";
    if (!entry.owner_sql.empty()) script += entry.owner_sql + "\n";
    script += "\n";
  }
  for (const auto& [from, to] : renames_) {
    script +=
        fmt::format("ALTER SCHEMA {} RENAME TO {};\n\n", ddl::QuoteName(from), ddl::QuoteName(to));
  }
  return script;
}

}  // namespace transload
