// What of a PostgreSQL source's definitions stands in the target before the run (--on-existing
// append, truncate, drop): it is taken as it is, and what differs is named.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/error.h"
#include "load/conninfo.h"
#include "load/pg_programs.h"
#include "pipeline/postgres_extras.h"
#include "pipeline/postgres_schema.h"

namespace transload {
namespace {

constexpr std::size_t kMostNamed = 20;

// Found when they are made (ArchiveObject::exists_sql), or no object.
bool IsNotSought(const ArchiveEntry& entry) {
  return entry.kind == "SCHEMA" || entry.kind == "EXTENSION" ||
         entry.kind == "PROCEDURAL LANGUAGE" || entry.kind == "MATERIALIZED VIEW DATA";
}

bool IsRelation(const ArchiveEntry& entry) {
  return entry.kind.ends_with("TABLE") || entry.kind.ends_with("VIEW");
}

// Several of a name may stand beside one another.
bool NameIsNotAll(const ArchiveEntry& entry) { return entry.kind.starts_with("OPERATOR"); }

std::string NameOf(const ArchiveEntry& entry) {
  return entry.kind + '\0' + entry.schema + '\0' + entry.name;
}

}  // namespace

void PostgresSchema::ReadTarget() {
  const Options& options = ends_.options;
  if (options.on_existing == OnExisting::kFail || !options.rename_schema.empty()) return;
  try {
    const int target = ends_.target.Info().version_num / kMajor;
    const PgPrograms programs =
        FindPgPrograms(options.pg_bin, std::max(source_.version_num() / kMajor, target), target);
    const Conninfo conninfo(options.target_url, options.connect_timeout_ms,
                            options.stall_timeout_ms);
    ArchiveRequest request;
    request.conninfo = conninfo.ConnectionStringWithoutSecrets();
    request.password = conninfo.Password();
    request.secrets = conninfo.OtherSecrets();
    request.lock_timeout_ms = options.lock_timeout_ms;
    request.stall_timeout_ms = options.stall_timeout_ms;
    request.left_out.push_back(options.ledger_schema);
    // pg_dump locks whatever it tells of.
    const std::set<std::string> unreadable = Lines(ends_.target.QueryText(
        "select n.nspname, c.relname from pg_catalog.pg_class c join pg_catalog.pg_namespace n on "
        "n.oid = c.relnamespace where c.relkind in ('r', 'p', 'S') and n.nspname !~ '^pg_' and "
        "n.nspname <> 'information_schema' and not (pg_catalog.has_schema_privilege(n.oid, "
        "'usage') and pg_catalog.has_table_privilege(c.oid, 'select'))"));
    for (const std::string& line : unreadable) {
      const std::size_t tab = line.find('\t');
      request.left_out_tables.emplace_back(line.substr(0, tab), line.substr(tab + 1));
    }
    for (ArchiveEntry& entry : ReadArchive(programs, request)) {
      const std::string name = NameOf(entry);
      there_[name].insert(std::move(entry.sql));
    }
  } catch (const Error& error) {
    if (error.interrupted || error.retryable) throw;
    notes_.push_back(
        fmt::format("what stands in the target could not be compared with the source's "
                    "definitions: {}",
                    error.what()));
  }
}

// Nothing that stands is made again, and nothing is said of it, granted on it or hung on it.
void PostgresSchema::TakeStanding() {
  std::vector<std::string> same;
  for (const ArchiveEntry& entry : entries_) {
    Node& node = nodes_.at(entry.id);
    if (node.done || IsNotSought(entry)) continue;
    const auto found = there_.find(NameOf(entry));
    const bool is_same = found != there_.end() && found->second.contains(entry.sql);
    const bool differs = found != there_.end() && !is_same && !NameIsNotAll(entry);
    if (SaidOfAnother(entry)) {
      node.stood = is_same;
    } else if (is_same || differs) {
      node.stood = true;
      if (is_same) same.push_back(KindOf(entry) + " " + LabelOf(entry));
    }
    if (node.stood) node.done = true;
    if (differs && !SaidOfAnother(entry)) {
      left_out_.push_back({KindOf(entry), LabelOf(entry),
                           "another of this name stood in the target before, and is used as it is",
                           entry.sql});
    }
  }
  LeaveToAttach();
  if (same.empty()) return;
  const std::size_t more = same.size() > kMostNamed ? same.size() - kMostNamed : 0;
  same.resize(same.size() - more);
  notes_.push_back(fmt::format("stood in the target, the same as at the source, and are used: {}{}",
                               fmt::join(same, ", "),
                               more > 0 ? fmt::format(" and {} more", more) : ""));
}

// A new partition of a table that stood is given the table's indexes by being attached.
void PostgresSchema::LeaveToAttach() {
  for (const ArchiveEntry& entry : entries_) {
    if (entry.kind != "INDEX ATTACH" || nodes_.at(entry.id).done) continue;
    std::vector<Node*> indexes;
    bool stood = false;
    for (int other : entry.depends_on) {
      auto found = nodes_.find(other);
      if (found == nodes_.end() || IsRelation(*found->second.entry)) continue;
      stood = stood || found->second.stood;
      indexes.push_back(&found->second);
    }
    if (!stood) continue;
    indexes.push_back(&nodes_.at(entry.id));
    for (Node* node : indexes) node->done = node->stood = true;
  }
}

// Whether the entry is part of `thing`, or says something of it, and so is left as it stands.
bool PostgresSchema::BelongsTo(const ArchiveEntry& entry, const ArchiveEntry& thing) {
  if (SaidOfAnother(entry) || entry.kind == "MATERIALIZED VIEW DATA") return true;
  if (!IsRelation(thing) || entry.kind == "TABLE ATTACH") return false;
  if (entry.kind == "INDEX" || entry.kind == "STATISTICS" || entry.kind == "ROW SECURITY" ||
      entry.kind == "SEQUENCE OWNED BY") {
    return true;
  }
  return GoesAlong(entry) || entry.kind == "FK CONSTRAINT"
             ? thing.schema == entry.schema && entry.name.starts_with(thing.name + " ")
             : false;
}

}  // namespace transload
