#include "load/target.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <set>

#include "core/error.h"
#include "load/column_query.h"
#include "load/ddl.h"
#include "load/ledger_layout.h"
#include "load/ledger_state.h"
#include "load/range_json.h"
#include "load/session.h"
#include "load/sql.h"

namespace transload {
namespace {

std::vector<std::string> FirstColumn(const SqlRows& rows) {
  std::vector<std::string> out;
  for (std::size_t row = 0; row < rows.size(); ++row) out.push_back(rows.Text(row, 0));
  return out;
}

TargetInfo ReadInfo(Session& session) {
  SqlRows row = session.Exec(
      "select current_setting('server_version'), current_database(), current_user, "
      "pg_encoding_to_char(encoding), (select rolsuper from pg_catalog.pg_roles "
      "where rolname = current_user), "
      "coalesce(host(inet_server_addr()), 'local'), coalesce(inet_server_port()::text, "
      "current_setting('port')) from pg_catalog.pg_database where datname = current_database()");
  TargetInfo info;
  info.version_num = session.version_num();
  info.version = row.Text(0, 0);
  info.database = row.Text(0, 1);
  info.user = row.Text(0, 2);
  info.encoding = row.Text(0, 3);
  info.superuser = row.Bool(0, 4);
  info.host = row.Text(0, 5);
  info.port = row.Text(0, 6);
  info.display_url = session.display_url();
  // Open to PUBLIC by default, but it may have been revoked.
  if (session.Exec("select has_function_privilege('pg_catalog.pg_control_system()', 'execute')")
          .Bool(0, 0)) {
    info.system_identifier =
        session.Exec("select system_identifier from pg_catalog.pg_control_system()").Text(0, 0);
  }
  info.extensions_installed =
      FirstColumn(session.Exec("select extname from pg_catalog.pg_extension order by 1"));
  info.extensions_available =
      FirstColumn(session.Exec("select name from pg_catalog.pg_available_extensions order by 1"));
  info.icu =
      session.Exec("select exists (select from pg_catalog.pg_collation where collprovider = 'i')")
          .Bool(0, 0);
  return info;
}

}  // namespace

Target::Target(const Options& options, std::unique_ptr<Session> session, TargetInfo info)
    : options_(options), session_(std::move(session)), info_(std::move(info)) {}
Target::Target(Target&&) noexcept = default;
Target& Target::operator=(Target&&) noexcept = default;
Target::~Target() = default;

Target Target::Connect(const Options& options) {
  auto session = std::make_unique<Session>(options, "transload");
  RefuseTransactionPooling(options, *session);
  TargetInfo info = ReadInfo(*session);
  return Target(options, std::move(session), std::move(info));
}

// The server may have been restarted while nothing was asked of it: what was lost before it could
// be committed is done over a new connection.
template <typename Call>
auto Target::On(Call call) {
  try {
    return call(*session_);
  } catch (const Error& error) {
    if (!error.connection_lost || error.commit_in_doubt) throw;
  }
  session_ = std::make_unique<Session>(options_, "transload");
  return call(*session_);
}

RoundTrip Target::MeasureRoundTrip() {
  return ShortestRoundTrip(
      [this] { On([](Session& session) { return session.Exec("select 1"); }); });
}

std::vector<std::pair<std::string, std::string>> Target::ParentsOfAll(
    const std::vector<const TablePlan*>& tables,
    const std::vector<std::pair<std::string, std::string>>& parents) {
  std::vector<std::pair<std::string, std::string>> whole;
  std::set<std::pair<std::string, std::string>> named;
  for (const TablePlan* table : tables) named.emplace(table->schema, table->name);
  for (const auto& [schema, name] : parents) {
    SqlRows leaves = On([&, &schema = schema, &name = name](Session& session) {
      return session.Exec(
          "with recursive down as (select c.oid from pg_catalog.pg_class c join "
          "pg_catalog.pg_namespace n on n.oid = c.relnamespace where c.relkind = 'p' and n.nspname "
          "= $1::text and c.relname = $2::text union all select i.inhrelid from down d join "
          "pg_catalog.pg_inherits i on i.inhparent = d.oid) select n.nspname, c.relname from down "
          "d join pg_catalog.pg_class c on c.oid = d.oid and c.relkind <> 'p' join "
          "pg_catalog.pg_namespace n on n.oid = c.relnamespace",
          {schema, name});
    });
    bool all = !leaves.empty();
    for (std::size_t row = 0; row < leaves.size(); ++row) {
      all = all && named.contains({leaves.Text(row, 0), leaves.Text(row, 1)});
    }
    if (all) whole.emplace_back(schema, name);
  }
  return whole;
}

bool Target::HasTable(const std::string& schema, const std::string& table) {
  SqlRows rows = On([&](Session& session) {
    return session.Exec(
        "select from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = "
        "c.relnamespace where n.nspname = $1::text and c.relname = $2::text and c.relkind in ('r', "
        "'p', 'f')",
        {schema, table});
  });
  return !rows.empty();
}

bool Target::HasLedger() {
  bool found = false;
  On([&](Session& session) {
    session.Transact([&](SqlTransaction& transaction) {
      found = transload::HasLedger(transaction, options_.ledger_schema);
    });
    return true;
  });
  return found;
}

std::vector<TargetColumn> Target::DescribeTable(const std::string& schema,
                                                const std::string& table) {
  return ColumnsFromRows(On([&](Session& session) {
    return session.Exec(DescribeTableSql(), {schema, table});
  }));
}

std::vector<ExistingTable> Target::ExistingTables(const MigrationPlan& plan) {
  const Relations there = FindRelations(plan);
  std::vector<ExistingTable> found;
  auto look = [&](const std::string& schema, const std::string& name) {
    const auto relation = there.find({schema, name});
    if (relation == there.end()) return;
    ExistingTable table{schema, name, relation->second.kind, false};
    if (relation->second.readable) {  // else preflight asks for the privilege
      table.has_rows = On([&](Session& session) {
                         return session.Exec("select exists (select 1 from " +
                                             ddl::Qualified(schema, name) + ")");
                       }).Bool(0, 0);
    }
    found.push_back(table);
  };
  for (const TablePlan& table : plan.tables) look(table.schema, table.name);
  for (const SequencePlan& sequence : plan.sequences) look(sequence.schema, sequence.name);
  return found;
}

std::set<std::pair<std::string, std::string>> Target::Standing(const MigrationPlan& plan) {
  std::set<std::pair<std::string, std::string>> names;
  for (const auto& [name, relation] : FindRelations(plan)) names.insert(name);
  return names;
}

Target::Relations Target::FindRelations(const MigrationPlan& plan) {
  nlohmann::ordered_json wanted = nlohmann::ordered_json::array();
  auto want = [&](const std::string& schema, const std::string& name) {
    wanted.push_back({{"schema", schema}, {"name", name}});
  };
  for (const TablePlan& table : plan.tables) want(table.schema, table.name);
  for (const SequencePlan& sequence : plan.sequences) want(sequence.schema, sequence.name);
  const SqlRows rows = On([&](Session& session) {
    return session.Exec(
        "select n.nspname, c.relname, c.relkind, case when c.relkind in ('r', 'p') then "
        "has_schema_privilege(n.oid, 'usage') and has_any_column_privilege(c.oid, 'select') else "
        "false end from "
        "json_to_recordset($1::json) as w(schema text, name text) join pg_catalog.pg_namespace n "
        "on n.nspname = w.schema join pg_catalog.pg_class c on c.relnamespace = n.oid and "
        "c.relname = w.name",
        {Dump(wanted)});
  });
  Relations relations;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    relations[{rows.Text(row, 0), rows.Text(row, 1)}] = {rows.Text(row, 2).at(0),
                                                         rows.Bool(row, 3)};
  }
  return relations;
}

void Target::RunSql(const SqlStep& step, const std::string& run_id, std::size_t position) {
  const std::string object = ddl::QuoteName(options_.ledger_schema) + ".object";
  std::string transaction_id;
  try {
    // A session of its own: what the step sets is for the step alone.
    Session session(options_, "transload step");
    session.Transact([&](SqlTransaction& transaction) {
      transaction_id = transaction.Exec("select txid_current()").Text(0, 0);
      // The user's SQL sees the search path that the user's own sessions have.
      transaction.Exec("set local search_path to default");
      transaction.Exec(step.sql);
      transaction.Exec("reset role; reset session authorization; reset all");
      if (transaction.Exec("select txid_current_if_assigned()").Text(0, 0) != transaction_id) {
        throw Error(
            "it ended the transaction that it runs in, with a COMMIT or ROLLBACK of its own: take "
            "that out of the step, which is committed together with its entry in the ledger");
      }
      // A start after this one does not run it again.
      transaction.Exec("insert into " + object +
                           " (run_id, kind, schema, name, \"table\", action, detail) values "
                           "($1::text, 'step', '', $2::text, $3::text, 'ran', $4::text)",
                       {run_id, std::to_string(position), StepWord(step.when), step.name});
    });
  } catch (Error& error) {
    Error named(fmt::format("{}: {}{}", step.name, error.what(),
                            !error.connection_lost && WasCommitted(transaction_id)
                                ? "; what stands before its own COMMIT is done all the same: undo "
                                  "that, and take COMMIT out of the step"
                                : ""));
    named.code = error.code;
    named.engine = error.engine;
    named.retryable = error.retryable;
    named.connection_lost = error.connection_lost;
    named.commit_in_doubt = error.commit_in_doubt;
    throw named;
  }
}

bool Target::WasCommitted(const std::string& transaction_id) {
  if (transaction_id.empty()) return false;
  return On([&](Session& session) {
    return session.Exec("select txid_status($1::bigint) = 'committed'", {transaction_id})
        .Bool(0, 0);
  });
}

std::string Target::QueryText(const std::string& sql) {
  std::string text;
  On([&](Session& session) {
    text.clear();
    session.Transact([&](SqlTransaction& transaction) {
      transaction.Exec("set transaction read only; set local search_path to default");
      SqlRows rows = transaction.Exec(sql);
      for (const auto& row : rows.rows) {
        for (std::size_t column = 0; column < row.size(); ++column) {
          if (column > 0) text += '\t';
          text += row[column] ? *row[column] : "\\N";
        }
        text += '\n';
      }
    });
  });
  return text;
}

void Target::CommitSynchronously() {
  On([](Session& session) {
    session.Transact([](SqlTransaction& transaction) {
      transaction.Exec("set local synchronous_commit = on");
      // A commit is only waited for when its transaction has an id.
      transaction.Exec("select txid_current()");
    });
  });
}

}  // namespace transload
