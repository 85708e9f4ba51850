#include "pipeline/postgres_extension_rows.h"

#include <fmt/format.h>

#include <mutex>

#include "load/ddl.h"
#include "load/pg_archive_objects.h"
#include "pipeline/postgres_extras.h"

namespace transload {
namespace {

ExtensionRows ReadRows(postgres::PostgresSource& source, const postgres::SqlRows& tables,
                       std::size_t row) {
  ExtensionRows rows;
  rows.extension = tables.Text(row, 0);
  rows.schema = tables.Text(row, 1);
  rows.name = tables.Text(row, 2);
  rows.sequence = tables.Text(row, 3) == "S";
  const std::string from = ddl::Qualified(rows.schema, rows.name);
  if (rows.sequence) {
    postgres::SqlRows state = source.Query("select last_value, is_called from " + from);
    rows.last_value = state.Text(0, 0);
    rows.is_called = state.Bool(0, 1);
    return rows;
  }
  rows.columns = tables.Text(row, 5);
  postgres::SqlRows read = source.Query(
      fmt::format("select count(*), coalesce(json_agg(t), '[]') from (select {} from only {} {}) t",
                  rows.columns, from, tables.Text(row, 4)));
  rows.count = read.Count(0, 0);
  rows.json = read.Text(0, 1);
  return rows;
}

}  // namespace

void MoveExtensionRows(Endpoints& ends, ObjectWorkers& workers, const std::set<std::string>& made) {
  postgres::PostgresSource& source = *AsPostgres(ends);
  std::lock_guard lock(ends.source_mutex);
  postgres::SqlRows tables = source.Query(
      "select e.extname, n.nspname, c.relname, c.relkind, coalesce(e.extcondition[u.position], "
      "''), (select string_agg(quote_ident(a.attname), ', ' order by a.attnum) from "
      "pg_catalog.pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped "
      "and coalesce(to_jsonb(a) ->> 'attgenerated', '') = '') from pg_catalog.pg_extension e cross "
      "join lateral unnest(e.extconfig) with ordinality u(oid, position) join "
      "pg_catalog.pg_class c on c.oid = u.oid join pg_catalog.pg_namespace n on n.oid = "
      "c.relnamespace where c.relkind in ('r', 'S') order by e.oid, u.position");
  for (std::size_t row = 0; row < tables.size(); ++row) {
    if (made.contains(
            fmt::format("{}|{}||{}", kExtensionRows, tables.Text(row, 1), tables.Text(row, 2)))) {
      continue;
    }
    ExtensionRows rows = ReadRows(source, tables, row);
    if (!rows.sequence && rows.count == 0) continue;
    workers.Submit(fmt::format("rows of {}.{}", rows.schema, rows.name),
                   [rows](SchemaBuilder& builder) { return builder.AddExtensionRows(rows); });
    // One table's rows may need another's.
    workers.WaitUntilIdle();
  }
}

}  // namespace transload
