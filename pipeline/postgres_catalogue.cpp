#include "pipeline/postgres_catalogue.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "core/glob.h"

namespace transload {
namespace {

// So many entries stand in one query.
constexpr std::size_t kAtOnce = 500;

using NamePair = std::pair<std::string, std::string>;

bool Matches(const std::string& pattern, const NamePair& name) {
  return GlobMatches(pattern, name.second) || GlobMatches(pattern, name.first + "." + name.second);
}

}  // namespace

void NamePartitions(postgres::PostgresSource& source, Options& options) {
  if (options.include.empty() && options.exclude.empty()) return;
  std::set<NamePair> tables;
  for (const SourceTable& table : source.ReadCatalogue().tables) {
    tables.emplace(table.schema, table.name);
  }
  postgres::SqlRows rows = source.Query(
      "with recursive down as (select oid as root, oid from pg_catalog.pg_class where relkind = "
      "'p' union all select d.root, i.inhrelid from down d join pg_catalog.pg_inherits i on "
      "i.inhparent = d.oid) select rn.nspname, r.relname, n.nspname, c.relname from down d join "
      "pg_catalog.pg_class r on r.oid = d.root join pg_catalog.pg_namespace rn on rn.oid = "
      "r.relnamespace join pg_catalog.pg_class c on c.oid = d.oid join pg_catalog.pg_namespace n "
      "on n.oid = c.relnamespace where d.oid <> d.root");
  for (std::vector<std::string>* patterns : {&options.include, &options.exclude}) {
    std::vector<std::string> named;
    for (const std::string& pattern : *patterns) {
      std::set<std::string> partitions;
      for (std::size_t row = 0; row < rows.size(); ++row) {
        const NamePair part{rows.Text(row, 2), rows.Text(row, 3)};
        if (tables.contains(part) && Matches(pattern, {rows.Text(row, 0), rows.Text(row, 1)})) {
          partitions.insert(part.first + "." + part.second);
        }
      }
      const bool itself = std::any_of(tables.begin(), tables.end(), [&](const NamePair& table) {
        return Matches(pattern, table);
      });
      // One that matches nothing at all is left to be complained about.
      if (itself || partitions.empty()) named.push_back(pattern);
      named.insert(named.end(), partitions.begin(), partitions.end());
    }
    *patterns = std::move(named);
  }
}

std::vector<NamePair> PartitionedTables(postgres::PostgresSource& source) {
  const postgres::SqlRows rows = source.Query(
      "select n.nspname, c.relname from pg_catalog.pg_class c join pg_catalog.pg_namespace n on "
      "n.oid = c.relnamespace where c.relkind = 'p'");
  std::vector<NamePair> tables;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    tables.emplace_back(rows.Text(row, 0), rows.Text(row, 1));
  }
  return tables;
}

std::map<int, ObjectAddress> ReadAddresses(postgres::PostgresSource& source,
                                           const std::vector<ArchiveEntry>& entries) {
  std::map<int, ObjectAddress> addresses;
  std::vector<std::string> values;
  auto flush = [&] {
    if (values.empty()) return;
    postgres::SqlRows rows = source.Query(
        fmt::format("select e.id, a.type, a.object_names::text, a.object_args::text from (values "
                    "{}) e(id, class, oid), lateral pg_catalog.pg_identify_object_as_address("
                    "e.class::oid, e.oid::oid, 0) a where a.type is not null",
                    fmt::join(values, ", ")));
    for (std::size_t row = 0; row < rows.size(); ++row) {
      addresses[static_cast<int>(rows.Int(row, 0))] = {rows.Text(row, 1), rows.Text(row, 2),
                                                       rows.Text(row, 3)};
    }
    values.clear();
  };
  for (const ArchiveEntry& entry : entries) {
    if (entry.class_oid == 0 || entry.oid == 0) continue;
    values.push_back(
        fmt::format("({}, {}::bigint, {}::bigint)", entry.id, entry.class_oid, entry.oid));
    if (values.size() == kAtOnce) flush();
  }
  flush();
  return addresses;
}

std::map<std::uint32_t, SourceForeignKeyInfo> ReadForeignKeys(postgres::PostgresSource& source) {
  postgres::SqlRows rows = source.Query(
      "select k.oid, k.conname, n.nspname, c.relname, c.relkind = 'p', k.convalidated, pn.nspname, "
      "p.relname, "
      "(select json_agg(a.attname order by u.position) from unnest(k.conkey) with ordinality "
      "u(attnum, position) join pg_catalog.pg_attribute a on a.attrelid = k.conrelid and a.attnum "
      "= u.attnum), "
      "(select json_agg(a.attname order by u.position) from unnest(k.confkey) with ordinality "
      "u(attnum, position) join pg_catalog.pg_attribute a on a.attrelid = k.confrelid and a.attnum "
      "= u.attnum) "
      "from pg_catalog.pg_constraint k join pg_catalog.pg_class c on c.oid = k.conrelid join "
      "pg_catalog.pg_namespace n on n.oid = c.relnamespace join pg_catalog.pg_class p on p.oid = "
      "k.confrelid join pg_catalog.pg_namespace pn on pn.oid = p.relnamespace where k.contype = "
      "'f'");
  std::map<std::uint32_t, SourceForeignKeyInfo> keys;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    SourceForeignKeyInfo info;
    info.key.name = rows.Text(row, 1);
    info.table.schema = info.table.source_schema = rows.Text(row, 2);
    info.table.name = info.table.source_name = rows.Text(row, 3);
    info.partitioned = rows.Bool(row, 4);
    info.validated = rows.Bool(row, 5);
    info.key.parent_schema = rows.Text(row, 6);
    info.key.parent_table = rows.Text(row, 7);
    info.key.columns = nlohmann::json::parse(rows.Text(row, 8)).get<std::vector<std::string>>();
    info.key.parent_columns =
        nlohmann::json::parse(rows.Text(row, 9)).get<std::vector<std::string>>();
    keys[static_cast<std::uint32_t>(rows.Count(row, 0))] = std::move(info);
  }
  return keys;
}

}  // namespace transload
