// Whom objects of a PostgreSQL source belong to in the target, and who may use them: as far as the
// target knows the roles.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <sstream>
#include <string_view>
#include <utility>

#include "load/ddl.h"
#include "pipeline/postgres_extras.h"
#include "pipeline/postgres_schema.h"

namespace transload {
namespace {

// Each takes a lock to the end of its transaction.
constexpr std::size_t kEntriesAtOnce = 200;

// The name at the end of "… TO role;" or "… OWNER TO "Role";".
std::string LastName(std::string text) {
  while (!text.empty() && (text.back() == ';' || text.back() == '\n')) text.pop_back();
  if (text.ends_with(" WITH GRANT OPTION")) text.resize(text.size() - 18);
  std::size_t start = text.npos;
  for (const char* word : {" TO ", " FROM "}) {
    const std::size_t at = text.rfind(word);
    if (at != text.npos && (start == text.npos || at + std::string(word).size() > start)) {
      start = at + std::string(word).size();
    }
  }
  if (start == text.npos) return "";
  std::string name = text.substr(start);
  if (!name.starts_with('"')) return name;
  std::string out;
  for (std::size_t i = 1; i + 1 < name.size(); ++i) {
    out += name[i];
    if (name[i] == '"') ++i;
  }
  return out;
}

// One by one; a name may hold semicolons and line feeds.
std::vector<std::string> Statements(std::string_view sql) {
  std::vector<std::string> statements;
  std::string statement;
  bool quoted = false;
  for (char c : sql) {
    if (c == '"') quoted = !quoted;
    if (statement.empty() && c == '\n') continue;
    statement += c;
    if (c == ';' && !quoted) statements.push_back(std::exchange(statement, ""));
  }
  return statements;
}

}  // namespace

void PostgresSchema::ReadRoles() {
  roles_ = Lines(ends_.target.QueryText("select rolname from pg_catalog.pg_roles"));
  tablespaces_ = Lines(ends_.target.QueryText("select spcname from pg_catalog.pg_tablespace"));
  usable_roles_ = Lines(ends_.target.QueryText(
      "select rolname from pg_catalog.pg_roles where pg_catalog.pg_has_role(oid, 'member')"));
}

// A tablespace that the target lacks is left to its default.
std::string PostgresSchema::KnownSettings(const std::string& settings) const {
  std::string known;
  std::istringstream lines(settings);
  for (std::string line; std::getline(lines, line);) {
    const std::string_view key = "SET default_tablespace = ";
    std::string name = line.starts_with(key) ? line.substr(key.size()) : "";
    std::erase_if(name, [](char c) { return c == ';' || c == '"' || c == '\'' || c == ' '; });
    if (name.empty() || tablespaces_.contains(name)) known += line + "\n";
  }
  return known;
}

// The statements of an ACL entry whose roles the target has.
std::vector<std::string> PostgresSchema::Grants(const ArchiveEntry& entry) const {
  constexpr std::string_view kGrantor = "SET SESSION AUTHORIZATION ";
  std::vector<std::string> granted;
  // Those of a role belong to it.
  if (entry.kind == "DEFAULT ACL" && !roles_.contains(entry.owner)) return granted;
  std::string grantor;  // as SQL has it; empty: the owner
  for (const std::string& statement : Statements(entry.sql)) {
    if (statement.starts_with(kGrantor)) {
      grantor = statement.substr(kGrantor.size(), statement.size() - kGrantor.size() - 1);
      continue;
    }
    if (statement.starts_with("RESET SESSION AUTHORIZATION")) {
      grantor.clear();
      continue;
    }
    const std::string role = LastName(statement);
    if (role != "PUBLIC" && !roles_.contains(role)) continue;
    // Any member may take a role; another session user only a superuser may become.
    granted.push_back(grantor.empty() || !usable_roles_.contains(LastName(" TO " + grantor))
                          ? statement
                          : "SET LOCAL ROLE " + grantor + "; " + statement + " RESET ROLE;");
  }
  return granted;
}

void PostgresSchema::SubmitOwner(ObjectWorkers& workers, const ArchiveEntry& entry,
                                 const std::string& sql) {
  workers.Submit("owner " + entry.name, [&entry, sql](SchemaBuilder& builder) {
    return builder.RunForArchive(
        "owner", LabelOf(entry), {sql},
        ChangesStanding(entry) ? StandingKind::kSchemas : StandingKind::kNone);
  });
}

// In one transaction; where one cannot be had, each in its own. All are schemas, or none is.
void PostgresSchema::SubmitOwners(
    ObjectWorkers& workers,
    const std::vector<std::pair<const ArchiveEntry*, std::string>>& changes) {
  std::vector<std::string> statements;
  for (const auto& [entry, sql] : changes) statements.push_back(sql);
  const StandingKind standing =
      ChangesStanding(*changes.front().first) ? StandingKind::kSchemas : StandingKind::kNone;
  auto done = std::make_shared<bool>(false);
  workers.Submit(
      "owners",
      [statements, standing, done](SchemaBuilder& builder) {
        *done = builder.RunTogetherForArchive(statements, standing);
        return ObjectOutcome{};
      },
      [&workers, changes, done] {
        if (*done) return;
        for (const auto& [entry, sql] : changes) SubmitOwner(workers, *entry, sql);
      });
}

// Of what belongs to one of the last stages, or (kPreData) to none of them.
void PostgresSchema::SetOwners(ObjectWorkers& workers, ArchiveStage stage,
                               const std::optional<KindsAndLabels>& besides_new) {
  auto group_of = [](ArchiveStage of) {
    return of == ArchiveStage::kLast || of == ArchiveStage::kEventTriggers ? of
                                                                           : ArchiveStage::kPreData;
  };
  // A sequence that a column owns goes with its table and refuses to go before it. Schemas after
  // what they hold: their owner alone may make things in them.
  auto turn_of = [](const ArchiveEntry& entry) {
    return entry.kind == "SCHEMA" ? 2 : entry.kind == "SEQUENCE" ? 1 : 0;
  };
  // An owner must be one who may make things in the schema; what was granted comes later. A
  // superuser is asked for nothing.
  const std::set<std::string> barred = Lines(ends_.target.QueryText(
      "select n.nspname || chr(9) || r.rolname from pg_catalog.pg_namespace n cross join "
      "pg_catalog.pg_roles r where pg_catalog.pg_has_role(r.oid, 'member') and "
      "pg_catalog.pg_has_role(n.nspowner, 'usage') and not "
      "pg_catalog.has_schema_privilege(r.oid, n.oid, 'create') and not (select u.rolsuper from "
      "pg_catalog.pg_roles u where u.rolname = current_user)"));
  for (const int turn : {0, 1, 2}) {
    std::vector<std::pair<const ArchiveEntry*, std::string>> changes;
    for (const ArchiveEntry& entry : entries_) {
      const Node& node = nodes_.at(entry.id);
      if (turn_of(entry) != turn || group_of(node.stage) != stage) continue;
      if (!node.chosen || !node.done || node.stood || entry.owner_sql.empty()) continue;
      const bool wanted =
          !besides_new || node.submitted || besides_new->contains({"owner", LabelOf(entry)});
      if (!wanted) continue;
      const std::string owner = LastName(entry.owner_sql);
      if (!usable_roles_.contains(owner)) continue;
      if (!barred.contains(entry.schema + "\t" + owner)) {
        changes.emplace_back(&entry, entry.owner_sql);
        continue;
      }
      SubmitOwner(workers, entry,
                  fmt::format("GRANT {0} TO {1}; {2} REVOKE {0} FROM {1};",
                              "CREATE ON SCHEMA " + ddl::QuoteName(entry.schema),
                              ddl::QuoteName(owner), entry.owner_sql));
      // Two of them would change the schema's row at once.
      workers.WaitUntilIdle();
    }
    for (std::size_t first = 0; first < changes.size(); first += kEntriesAtOnce) {
      const std::size_t end = std::min(first + kEntriesAtOnce, changes.size());
      SubmitOwners(workers, {changes.begin() + static_cast<std::ptrdiff_t>(first),
                             changes.begin() + static_cast<std::ptrdiff_t>(end)});
    }
    workers.WaitUntilIdle();
  }
}

// In one transaction; where one cannot be had, each entry's in its own, one after the other: two
// entries may be about one object.
void PostgresSchema::GrantTogether(ObjectWorkers& workers, const std::vector<Granted>& some) {
  if (some.empty()) return;
  auto done = std::make_shared<bool>(false);
  if (some.size() > 1) {
    Granted all = {nullptr, {}, some.front().standing};
    for (const Granted& one : some) {
      all.statements.insert(all.statements.end(), one.statements.begin(), one.statements.end());
    }
    workers.Submit("privileges", [all, done](SchemaBuilder& builder) {
      *done = builder.RunTogetherForArchive(all.statements, all.standing);
      return ObjectOutcome{};
    });
    workers.WaitUntilIdle();
  }
  if (*done) return;
  for (const Granted& granted : some) {
    workers.Submit("privileges " + granted.entry->name, [granted](SchemaBuilder& builder) {
      return builder.RunForArchive("privileges", LabelOf(*granted.entry), granted.statements,
                                   granted.standing);
    });
    workers.WaitUntilIdle();
  }
}

void PostgresSchema::GiveAway(ObjectWorkers& workers,
                              const std::optional<KindsAndLabels>& besides_new) {
  SetOwners(workers, ArchiveStage::kPreData, besides_new);
  std::vector<Granted> some;
  for (const ArchiveEntry& entry : entries_) {
    const Node& node = nodes_.at(entry.id);
    if (node.stage != ArchiveStage::kPrivileges || !node.chosen || node.stood) continue;
    const auto& on = entry.depends_on;
    const bool wanted = !besides_new || besides_new->contains({"privileges", LabelOf(entry)}) ||
                        std::any_of(on.begin(), on.end(), [this](int id) {
                          auto made = nodes_.find(id);
                          return made != nodes_.end() && made->second.submitted;
                        });
    if (!wanted) continue;
    std::vector<std::string> grants = Grants(entry);
    if (grants.empty()) continue;
    // What is in no entry of its own came with an extension, or with the server.
    const bool of_member =
        entry.kind == "ACL" && std::none_of(entry.depends_on.begin(), entry.depends_on.end(),
                                            [this](int id) { return nodes_.contains(id); });
    const StandingKind standing = ChangesStanding(entry) ? StandingKind::kSchemas
                                  : of_member            ? StandingKind::kMembers
                                                         : StandingKind::kNone;
    if (some.size() == kEntriesAtOnce || (!some.empty() && some.front().standing != standing)) {
      GrantTogether(workers, some);
      some.clear();
    }
    some.push_back({&entry, std::move(grants), standing});
  }
  GrantTogether(workers, some);
  for (const ArchiveStage stage : {ArchiveStage::kLast, ArchiveStage::kEventTriggers}) {
    RunStage(workers, stage);
    SetOwners(workers, stage, besides_new);
  }
}

}  // namespace transload
