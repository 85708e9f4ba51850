// Which of a PostgreSQL source's definitions a run makes: not what is said of tables that it leaves
// out, and not what cannot be read or is broken at the source.
#include <fmt/format.h>

#include <algorithm>

#include "core/error.h"
#include "core/plan_json.h"
#include "pipeline/postgres_schema.h"

namespace transload {

// pg_dump locks all tables that it tells of, and reads all sequences. Preflight refuses a run that
// wants such a one; a plan has had no preflight.
void PostgresSchema::LeaveOutUnreadable(const MigrationPlan& plan, ArchiveRequest& request) {
  std::set<postgres::TableName> planned;
  for (const TablePlan& table : plan.tables) {
    planned.emplace(table.source_schema, table.source_name);
  }
  for (const auto& [kind, unreadable] : {std::pair("table", source_.UnreadableTables()),
                                         std::pair("sequence", source_.UnreadableSequences())}) {
    for (const auto& [name, related] : unreadable) {
      const std::string label = name.first + "." + name.second;
      if (std::any_of(related.begin(), related.end(),
                      [&](const postgres::TableName& table) { return planned.contains(table); })) {
        throw RefusedError(fmt::format(
            "the privilege SELECT is missing on {} {}: grant it, or leave the table out with "
            "--exclude",
            kind, label));
      }
      request.left_out_tables.push_back(name);
      left_out_.push_back({kind, label, "the login may not read it", ""});
    }
  }
}

// For each table that holds rows, by its oid, the key of the planned table that brings them: itself
// or one that it is a partition of. Empty where none does.
std::map<std::uint32_t, std::string> PostgresSchema::WhoBringsRows(const MigrationPlan& plan) {
  std::set<std::string> planned;
  for (const TablePlan& table : plan.tables) {
    planned.insert(TableKey(table.source_schema, table.source_name));
  }
  const postgres::SqlRows tables = source_.Query(
      "with recursive up as (select c.oid as start, c.oid from pg_catalog.pg_class c where "
      "c.relkind = 'r' and c.relpersistence <> 't' union all select u.start, i.inhparent from up u "
      "join pg_catalog.pg_inherits i on i.inhrelid = u.oid join pg_catalog.pg_class c on c.oid = "
      "u.oid and c.relispartition) select u.start, n.nspname, c.relname from up u join "
      "pg_catalog.pg_class c on c.oid = u.oid join pg_catalog.pg_namespace n on n.oid = "
      "c.relnamespace");
  std::map<std::uint32_t, std::string> brought_by;
  for (std::size_t row = 0; row < tables.size(); ++row) {
    const std::string key = TableKey(tables.Text(row, 1), tables.Text(row, 2));
    std::string& by = brought_by[static_cast<std::uint32_t>(tables.Count(row, 0))];
    if (planned.contains(key)) by = key;
  }
  return brought_by;
}

bool PostgresSchema::Subset() const {
  return !ends_.options.include.empty() || !ends_.options.exclude.empty();
}

// Leaves out tables that are not in the plan or that stand already, and whatever needs them. An
// entry comes after those that it needs.
void PostgresSchema::Choose(const MigrationPlan& plan,
                            const std::set<std::pair<std::string, std::string>>& standing) {
  const std::map<std::uint32_t, std::string> brought_by = WhoBringsRows(plan);
  for (const ArchiveEntry& entry : entries_) {
    Node& node = nodes_.at(entry.id);
    const bool stands = entry.kind == "TABLE" && standing.contains({entry.schema, entry.name});
    auto rows = brought_by.find(entry.oid);
    if (entry.kind == "TABLE" && rows != brought_by.end()) ChooseTable(entry, rows->second, stands);
    if (node.stood && !stands) continue;
    // Empty at the source, or preflight would have refused; another schema gets its name.
    if (entry.kind == "SCHEMA") {
      node.chosen = std::none_of(renames_.begin(), renames_.end(),
                                 [&](const auto& rename) { return rename.second == entry.name; });
    }
    const PartOf part_of = GoByNeeds(entry);
    if (part_of.standing) {
      ListPartOfStanding(entry);
    } else if (!node.chosen && (!GoesAlong(entry) || part_of.chosen)) {
      left_out_.push_back({KindOf(entry), LabelOf(entry),
                           "needs a table that is left out, or that stood in the target before",
                           entry.sql});
    }
  }
  if (Subset()) LeaveEmptySchemas();
}

void PostgresSchema::ChooseTable(const ArchiveEntry& entry, const std::string& brought_by,
                                 bool stands) {
  Node& node = nodes_.at(entry.id);
  node.chosen = !brought_by.empty() && !stands;
  if (node.chosen) row_source_[entry.id] = brought_by;
  if (!brought_by.empty() || Subset()) return;
  left_out_.push_back({KindOf(entry), LabelOf(entry),
                       "came to the source after the run was planned; --restart moves it",
                       entry.sql});
}

// Leaves an entry out that needs one which is not made, or which belongs to what stood before.
PostgresSchema::PartOf PostgresSchema::GoByNeeds(const ArchiveEntry& entry) {
  Node& node = nodes_.at(entry.id);
  const bool brings_rows = node.chosen && row_source_.contains(entry.id);
  PartOf part_of;
  for (int other : entry.depends_on) {
    auto needed = nodes_.find(other);
    if (needed == nodes_.end()) continue;
    const ArchiveEntry& thing = *needed->second.entry;
    if (needed->second.stood && BelongsTo(entry, thing)) {
      part_of.standing = true;
      node.chosen = false;
    } else if (needed->second.chosen) {
      part_of.chosen = part_of.chosen || BelongsTo(entry, thing);
    } else if (!node.done) {  // what it needs now it did not need then
      if (brings_rows) {
        throw Error(fmt::format(
            "table {} needs {} {}, which is left out or stood in the target before: leave the "
            "table out too, or take both",
            LabelOf(entry), KindOf(thing), LabelOf(thing)));
      }
      node.chosen = false;
    }
  }
  return part_of;
}

void PostgresSchema::ListPartOfStanding(const ArchiveEntry& entry) {
  // Foreign keys of tables that stood are dropped for loading, and made again as they were.
  if (entry.kind == "FK CONSTRAINT") return;
  left_out_.push_back({KindOf(entry), LabelOf(entry),
                       entry.kind == "MATERIALIZED VIEW DATA"
                           ? "the view stood in the target before: refresh it there"
                           : "belongs to what stood in the target before, and is used as it is",
                       entry.sql});
}

// Schemas that hold nothing of a subset, and what is said of them and granted in them.
void PostgresSchema::LeaveEmptySchemas() {
  std::set<std::string> holding;
  std::set<int> needed;
  for (const ArchiveEntry& entry : entries_) {
    if (!nodes_.at(entry.id).chosen || entry.kind == "SCHEMA" || SaidOfAnother(entry)) continue;
    holding.insert(entry.schema);
    needed.insert(entry.depends_on.begin(), entry.depends_on.end());
  }
  std::set<int> left;
  std::set<std::string> names;
  for (const ArchiveEntry& entry : entries_) {
    Node& node = nodes_.at(entry.id);
    if (entry.kind != "SCHEMA" || node.done || holding.contains(entry.name) ||
        needed.contains(entry.id) || renames_.contains(entry.name)) {
      continue;
    }
    node.chosen = false;
    left.insert(entry.id);
    names.insert(entry.name);
  }
  for (const ArchiveEntry& entry : entries_) {
    const bool of_left = std::any_of(entry.depends_on.begin(), entry.depends_on.end(),
                                     [&](int id) { return left.contains(id); });
    if (SaidOfAnother(entry) && (of_left || names.contains(entry.schema))) {
      nodes_.at(entry.id).chosen = false;
    }
  }
}

// pg_dump says nothing of an index that a CREATE or REINDEX CONCURRENTLY left unfinished.
void PostgresSchema::ListInvalidIndexes(const MigrationPlan& plan) {
  std::set<std::string> planned;
  for (const TablePlan& table : plan.tables) {
    planned.insert(TableKey(table.source_schema, table.source_name));
  }
  const postgres::SqlRows rows = source_.Query(
      "with recursive up as (select i.indexrelid, i.indrelid as oid from pg_catalog.pg_index i "
      "join "
      "pg_catalog.pg_class c on c.oid = i.indrelid where not (i.indisvalid and i.indisready) and "
      "c.relkind in ('r', 'm') and c.relpersistence <> 't' union all select u.indexrelid, "
      "h.inhparent from up u join pg_catalog.pg_class c on c.oid = u.oid and c.relispartition join "
      "pg_catalog.pg_inherits h on h.inhrelid = u.oid) select n.nspname, x.relname, "
      "pg_catalog.pg_get_indexdef(x.oid), tn.nspname, t.relname, t.relkind = 'm' from up u join "
      "pg_catalog.pg_class x on x.oid = u.indexrelid join pg_catalog.pg_namespace n on n.oid = "
      "x.relnamespace join pg_catalog.pg_class t on t.oid = u.oid join pg_catalog.pg_namespace tn "
      "on tn.oid = t.relnamespace where n.nspname !~ '^pg_' order by 1, 2");
  for (std::size_t row = 0; row < rows.size(); ++row) {
    if (!rows.Bool(row, 5) && !planned.contains(TableKey(rows.Text(row, 3), rows.Text(row, 4)))) {
      continue;
    }
    left_out_.push_back({"index", rows.Text(row, 0) + "." + rows.Text(row, 1),
                         "it is invalid at the source, where REINDEX would mend it",
                         rows.Text(row, 2)});
  }
}

// What was made is not made anew, whatever has become of it at the source.
void PostgresSchema::ListChanged(const std::map<std::string, std::set<std::string>>& definitions) {
  std::set<std::string> gone;
  if (!renamed_) {
    for (const auto& [key, fingerprints] : definitions) gone.insert(key);
  }
  for (const ArchiveEntry& entry : entries_) {
    const std::string key = MadeKey(entry);
    gone.erase(key);
    const auto made = definitions.find(key);
    if (made == definitions.end() || made->second.contains(TextFingerprint(entry.sql))) continue;
    left_out_.push_back({KindOf(entry), LabelOf(entry),
                         "changed at the source since the run made it: it stands as it was then",
                         entry.sql});
  }
  for (const std::string& key : gone) {
    const std::size_t kind = key.find('|'), schema = key.find('|', kind + 1);
    const std::string in = key.substr(kind + 1, schema - kind - 1);
    left_out_.push_back({key.substr(0, kind),
                         (in.empty() ? "" : in + ".") + key.substr(key.find('|', schema + 1) + 1),
                         "gone from the source since the run made it: it still stands", ""});
  }
}

// Schemas are renamed after everything was tried: what does not stand by then has failed, and its
// SQL names a schema that is no more.
void PostgresSchema::LeaveRenamed() {
  for (auto& [id, node] : nodes_) node.chosen = node.chosen && node.done;
  for (auto& [oid, key] : foreign_keys_) {
    for (std::string* schema : {&key.table.schema, &key.key.parent_schema}) {
      auto renamed = renames_.find(*schema);
      if (renamed != renames_.end()) *schema = renamed->second;
    }
  }
}

}  // namespace transload
