#include "tests/faults/target_state.h"

#include <fmt/format.h>

#include <sstream>

#include "tests/rig/process.h"

namespace transload {
namespace {

// Lines that differ from dump to dump say nothing about the schema.
std::string Dumped(const rig::PostgresServer& target, const std::string& database) {
  rig::Command command;
  command.argv = {target.bin_dir() + "/pg_dump", "-s", "-N", "transload", "-d",
                  target.LibpqConninfo(database)};
  std::istringstream lines(rig::RunToEnd(command));
  std::string kept;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("--") || line.starts_with("\\") || line.empty()) continue;
    kept += line + "\n";
  }
  return kept;
}

std::string Listed(const rig::Rows& rows) {
  std::string text;
  for (const rig::Row& row : rows) {
    for (const auto& value : row) text += value.value_or("NULL") + "|";
    text += "\n";
  }
  return text;
}

std::string HashedRows(const rig::PostgresServer& target, const std::string& database) {
  rig::Rows tables = target.Query(
      "select quote_ident(schemaname) || '.' || quote_ident(tablename) from pg_tables where "
      "schemaname not in ('pg_catalog', 'information_schema', 'transload') order by 1",
      database);
  std::string query;
  for (const rig::Row& row : tables) {
    query += fmt::format(
        "{}select '{}', count(*), md5(string_agg(md5(t::text), '' order by md5(t::text))) "
        "from {} t",
        query.empty() ? "" : " union all ", row[0].value(), row[0].value());
  }
  return query.empty() ? "" : Listed(target.Query(query + " order by 1", database));
}

}  // namespace

TargetState ReadTargetState(const rig::PostgresServer& target, const std::string& database) {
  auto query = [&](const std::string& sql) { return Listed(target.Query(sql, database)); };
  TargetState state;
  state.schema = Dumped(target, database);
  state.rows = HashedRows(target, database);
  state.sequences = query(
      "select schemaname, sequencename, start_value, increment_by, last_value from pg_sequences "
      "where schemaname <> 'transload' order by 1, 2");
  state.objects = query(
      "select kind, schema, name, \"table\", action, count(*) from transload.object "
      "group by 1, 2, 3, 4, 5 order by 1, 2, 3, 4, 5");
  state.rejects = query(
      "select t.name, r.key, r.\"column\", r.reason from transload.reject r join "
      "transload.\"table\" t on t.id = r.table_id order by 1, 2, 3, 4");
  state.ledger = query(
      "select t.name, r.state, sum(p.rows_read), sum(p.rows_written), sum(p.rows_rejected), "
      "bool_and(p.state = 'done'), t.source_rows, t.verdict, t.phases->>'data', "
      "(select count(*) from transload.run), (select sum(c.rows) from transload.coercion c "
      "where c.table_id = t.id) "
      "from transload.\"table\" t join transload.run r on r.id = t.run_id "
      "join transload.partition p on p.table_id = t.id group by t.id, r.state order by 1");
  return state;
}

std::string WhatDiffers(const TargetState& expected, const TargetState& found) {
  std::string text;
  auto compare = [&](const char* what, const std::string& a, const std::string& b) {
    if (a != b) text += fmt::format("{} differ.\nexpected:\n{}found:\n{}", what, a, b);
  };
  compare("schemas", expected.schema, found.schema);
  compare("rows", expected.rows, found.rows);
  compare("sequences", expected.sequences, found.sequences);
  compare("objects", expected.objects, found.objects);
  compare("rejects", expected.rejects, found.rejects);
  compare("ledgers", expected.ledger, found.ledger);
  return text;
}

}  // namespace transload
