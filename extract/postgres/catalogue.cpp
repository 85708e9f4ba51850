#include "extract/postgres/catalogue.h"

#include <fmt/format.h>

#include <string>
#include <unordered_map>

#include "extract/postgres/sql_text.h"
#include "extract/postgres/wire_form.h"
#include "extract/sql.h"

namespace transload::postgres {
namespace {

using TablesByOid = std::unordered_map<std::string, SourceTable*>;

void ReadColumns(ControlConnection& connection, const TablesByOid& tables,
                 SourceCatalogue& catalogue) {
  SqlRows rows = connection.Query(sql::kSourceColumns);
  for (std::size_t row = 0; row < rows.size(); ++row) {
    auto table = tables.find(rows.Text(row, 0));
    if (table == tables.end()) continue;
    const StoredType stored{rows.Text(row, 6), rows.Text(row, 7), rows.Text(row, 8).at(0),
                            rows.Bool(row, 9)};
    SourceColumn column;
    column.name = rows.Text(row, 1);
    column.full_type = rows.Text(row, 2);
    column.type = rows.Text(row, 12);
    column.nullable = !rows.Bool(row, 3);
    column.auto_increment = !rows.Text(row, 4).empty();
    const std::string& generated = rows.Text(row, 5);
    if (!generated.empty()) {
      column.generation_expression = rows.Text(row, 10);
      column.generated_stored = generated == "s";
    } else if (!rows.Text(row, 10).empty()) {
      column.default_value = SourceDefault{rows.Text(row, 10), true};
    }
    column.comment = rows.Text(row, 11);
    column.format = WireForm(stored);
    if (column.format == CellFormat::kPgText) {
      column.select_expression = QuoteName(column.name) + "::pg_catalog.text";
    }
    if (std::string note = WireNote(stored); !note.empty()) {
      catalogue.notes.push_back(fmt::format("{}.{}.{} ({}): {}", table->second->schema,
                                            table->second->name, column.name, column.full_type,
                                            note));
    }
    table->second->columns.push_back(std::move(column));
  }
}

void ReadKeys(ControlConnection& connection, const TablesByOid& tables) {
  SqlRows rows = connection.Query(sql::kSourceKeys);
  for (std::size_t row = 0; row < rows.size(); ++row) {
    auto found = tables.find(rows.Text(row, 0));
    if (found == tables.end()) continue;
    SourceTable& table = *found->second;
    if (table.indexes.empty()) {
      SourceIndex index;
      index.name = rows.Text(row, 1);
      index.kind = rows.Bool(row, 2) ? IndexKind::kPrimary : IndexKind::kUnique;
      table.indexes.push_back(std::move(index));
    }
    SourceIndexPart part;
    part.column = rows.Text(row, 3);
    table.indexes.front().parts.push_back(std::move(part));
  }
}

// By its tables: it may have been given another name.
void ListLedgers(ControlConnection& connection, SourceCatalogue& catalogue) {
  SqlRows rows = connection.Query(kLedgerSchemas);
  for (std::size_t row = 0; row < rows.size(); ++row) {
    catalogue.not_migrated.push_back({"ledger", rows.Text(row, 0),
                                      "what transload noted of a run that once filled the source",
                                      ""});
  }
}

void ReadSequences(ControlConnection& connection, SourceCatalogue& catalogue) {
  SqlRows rows = connection.Query(
      "select n.nspname, c.relname, s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcache, "
      "s.seqcycle from pg_catalog.pg_sequence s join pg_catalog.pg_class c on c.oid = s.seqrelid "
      "join pg_catalog.pg_namespace n on n.oid = c.relnamespace where c.relpersistence <> 't' and "
      "n.nspname <> 'information_schema' and n.nspname !~ '^pg_' and n.nspname not in (" +
      std::string(kLedgerSchemas) +
      ") and not exists (select 1 from pg_catalog.pg_depend d where d.classid = "
      "'pg_catalog.pg_class'::regclass and d.objid = "
      "c.oid "
      "and d.deptype = 'e') order by 1, 2");
  for (std::size_t row = 0; row < rows.size(); ++row) {
    SourceSequence sequence;
    sequence.schema = rows.Text(row, 0);
    sequence.name = rows.Text(row, 1);
    sequence.start = rows.Text(row, 2);
    sequence.increment = rows.Text(row, 3);
    sequence.minimum = rows.Text(row, 4);
    sequence.maximum = rows.Text(row, 5);
    sequence.cache = rows.Text(row, 6);
    sequence.cycle = rows.Bool(row, 7);
    catalogue.sequences.push_back(std::move(sequence));
  }
}

void ListSkipped(ControlConnection& connection, SourceCatalogue& catalogue) {
  SqlRows rows = connection.Query(
      "select n.nspname, c.relname, s.srvname from pg_catalog.pg_class c join "
      "pg_catalog.pg_namespace n on n.oid = c.relnamespace join pg_catalog.pg_foreign_table f on "
      "f.ftrelid = c.oid join pg_catalog.pg_foreign_server s on s.oid = f.ftserver order by 1, 2");
  for (std::size_t row = 0; row < rows.size(); ++row) {
    catalogue.not_migrated.push_back(
        {"rows of a foreign table", rows.Text(row, 0) + "." + rows.Text(row, 1),
         fmt::format("its rows are those of server {}; its definition is carried over",
                     rows.Text(row, 2)),
         ""});
  }
  // WITH OIDS went with version 12.
  rows = connection.Query(
      "select n.nspname, c.relname from pg_catalog.pg_class c join pg_catalog.pg_namespace n on "
      "n.oid = c.relnamespace where c.relkind = 'r' and to_jsonb(c) ->> 'relhasoids' = 'true' and "
      "n.nspname <> 'information_schema' and n.nspname !~ '^pg_' order by 1, 2");
  for (std::size_t row = 0; row < rows.size(); ++row) {
    catalogue.not_migrated.push_back(
        {"column", rows.Text(row, 0) + "." + rows.Text(row, 1) + ".oid",
         "the table is WITH OIDS, and a newer PostgreSQL has no such column: copy it into one of "
         "your own first where the numbers are used",
         ""});
  }
}

// pg_dump writes CREATE EXTENSION, and nothing of what users made on its tables.
void ListExtensionAdditions(ControlConnection& connection, SourceCatalogue& catalogue) {
  SqlRows rows = connection.Query(
      fmt::format("select kind, name, statement from ({}) t where added order by 2, 1",
                  sql::kExtensionAdditions));
  for (std::size_t row = 0; row < rows.size(); ++row) {
    catalogue.not_migrated.push_back(
        {rows.Text(row, 0), rows.Text(row, 1), kBesideExtension, rows.Text(row, 2)});
  }
  // Rows that came with the extension were written by the transactions that made its members.
  rows = connection.Query(
      "select format('%I.%I', n.nspname, c.relname), e.oid from pg_catalog.pg_extension e join "
      "pg_catalog.pg_depend d on d.refclassid = 'pg_catalog.pg_extension'::regclass and d.refobjid "
      "= e.oid and d.deptype = 'e' and d.classid = 'pg_catalog.pg_class'::regclass join "
      "pg_catalog.pg_class c on c.oid = d.objid join pg_catalog.pg_namespace n on n.oid = "
      "c.relnamespace where c.relkind = 'r' and not c.oid = any(coalesce(e.extconfig, '{}')) and "
      "pg_catalog.has_table_privilege(c.oid, 'select') and "
      "pg_catalog.has_schema_privilege(n.oid, 'usage') and not "
      "pg_catalog.row_security_active(c.oid) order by 1");
  for (std::size_t row = 0; row < rows.size(); ++row) {
    const std::string& table = rows.Text(row, 0);
    const SqlRows added = connection.Query(fmt::format(
        "select from only {} t where t.xmin not in (select d.xmin from pg_catalog.pg_depend d "
        "where "
        "d.refclassid = 'pg_catalog.pg_extension'::regclass and d.refobjid = {} and d.deptype = "
        "'e') limit 1",
        table, rows.Text(row, 1)));
    if (added.empty()) continue;
    catalogue.not_migrated.push_back(
        {"rows of an extension's table", table,
         "the extension does not keep them for its user "
         "(pg_extension_config_dump): only those that CREATE EXTENSION "
         "brings will be there",
         ""});
  }
}

// They belong to a database that the run does not make. As pg_dump --create writes them: values of
// these settings are lists of names, quoted already.
void ListDatabaseSettings(ControlConnection& connection, SourceCatalogue& catalogue) {
  SqlRows rows = connection.Query(
      "select coalesce(r.rolname, ''), split_part(c, '=', 1), format('ALTER %s SET %s = %s;', case "
      "when r.rolname is null then format('DATABASE %I', d.datname) else format('ROLE %I IN "
      "DATABASE %I', r.rolname, d.datname) end, split_part(c, '=', 1), case when split_part(c, "
      "'=', 1) in ('search_path', 'temp_tablespaces', 'session_preload_libraries', "
      "'local_preload_libraries') then substr(c, strpos(c, '=') + 1) else quote_literal(substr(c, "
      "strpos(c, '=') + 1)) end) from pg_catalog.pg_db_role_setting s join pg_catalog.pg_database "
      "d on d.oid = s.setdatabase left join pg_catalog.pg_roles r on r.oid = s.setrole cross join "
      "lateral unnest(s.setconfig) c where d.datname = current_database() order by 1, 2");
  for (std::size_t row = 0; row < rows.size(); ++row) {
    const std::string& role = rows.Text(row, 0);
    catalogue.not_migrated.push_back(
        {role.empty() ? "setting of the database" : "setting of a role in the database",
         role.empty() ? rows.Text(row, 1) : role + ": " + rows.Text(row, 1),
         "the target database is not the run's to change; run the statement there",
         rows.Text(row, 2)});
  }
  rows = connection.Query(sql::kDatabaseProperties);
  for (std::size_t row = 0; row < rows.size(); ++row) {
    catalogue.not_migrated.push_back(
        {rows.Text(row, 0), rows.Text(row, 1),
         "the target database is not the run's to change; run the statement there",
         rows.Text(row, 2)});
  }
}

}  // namespace

std::string_view ExtensionAdditionsSql() { return sql::kExtensionAdditions; }

SourceCatalogue ReadCatalogue(ControlConnection& connection) {
  SourceCatalogue catalogue;
  SqlRows rows = connection.Query(sql::kSourceTables);
  catalogue.tables.resize(rows.size());
  TablesByOid by_oid;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    SourceTable& table = catalogue.tables[row];
    table.schema = rows.Text(row, 1);
    table.name = rows.Text(row, 2);
    table.engine = rows.Text(row, 3) == "u" ? "unlogged" : "heap";
    if (rows.Bool(row, 6)) table.engine = kPartitioned;
    table.estimated_rows = rows.Count(row, 4);
    table.estimated_bytes = rows.Count(row, 5);
    table.comment = rows.Text(row, 7);
    by_oid[rows.Text(row, 0)] = &table;
  }
  ReadColumns(connection, by_oid, catalogue);
  ReadKeys(connection, by_oid);
  ReadSequences(connection, catalogue);
  ListLedgers(connection, catalogue);
  ListSkipped(connection, catalogue);
  ListExtensionAdditions(connection, catalogue);
  ListDatabaseSettings(connection, catalogue);
  return catalogue;
}

}  // namespace transload::postgres
