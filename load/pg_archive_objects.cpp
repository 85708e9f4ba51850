#include "load/pg_archive_objects.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <optional>
#include <set>

#include "load/schema_builder_state.h"
#include "load/sql.h"

namespace transload {
namespace {

// What pg_dump's SQL is written for; names in it are qualified.
constexpr char kSettings[] =
    "select pg_catalog.set_config('search_path', '', true), "
    "pg_catalog.set_config('check_function_bodies', 'off', true), "
    "pg_catalog.set_config('xmloption', 'content', true)";

constexpr std::string_view kDefinition = " definition ";

// pg_largeobject, as objects' addresses name it.
constexpr const char* kLargeObjectClass = "2613";

std::string DefinitionOf(const std::string& fingerprint) {
  return fingerprint.empty() ? "" : std::string(kDefinition) + fingerprint;
}

// Class and number of an object that was just made.
SqlRows FindMade(SqlTransaction& transaction, const ArchiveObject& object) {
  if (object.address_type == "operator") {
    // pg_get_object_address wants both arguments, and pg_identify_object_as_address gives those
    // that there are.
    SqlRows prefix = transaction.Exec(
        "select 'pg_catalog.pg_operator'::regclass::oid::bigint, o.oid::bigint from "
        "pg_catalog.pg_operator o join pg_catalog.pg_namespace n on n.oid = o.oprnamespace where "
        "array_length($2::text[], 1) = 1 and n.nspname = ($1::text[])[1] and o.oprname = "
        "($1::text[])[2] and (o.oprleft, o.oprright) in ((0, ($2::text[])[1]::regtype), "
        "(($2::text[])[1]::regtype, 0)) order by o.oid desc limit 1",
        {object.address_names, object.address_args});
    if (!prefix.empty()) return prefix;
  }
  return transaction.Exec(
      "select classid::oid::bigint, objid::bigint from pg_catalog.pg_get_object_address("
      "$1::text, $2::text[], $3::text[])",
      {object.address_type, object.address_names, object.address_args});
}

}  // namespace

bool SchemaBuilder::State::Stands(SqlTransaction& transaction, const ArchiveObject& object) {
  return !transaction
              .Exec(Sql("select from {L}.object o, lateral "
                        "pg_catalog.pg_identify_object_as_address(substring(o.detail from ") +
                        std::string(kArchiveClassPattern) +
                        ")::bigint::oid, o.oid::oid, 0) a where o.run_id = $1::text and o.kind = "
                        "$2::text and o.schema = $3::text and o.name = $4::text and o.action = "
                        "'created' and o.oid <> 0 and o.detail like 'archive class %' and a.type = "
                        "$5::text and a.object_names = $6::text[] and a.object_args = $7::text[]",
                    {run_id, object.kind, object.schema, object.name, object.address_type,
                     object.address_names, object.address_args})
              .empty();
}

SchemaBuilder::State::Standing SchemaBuilder::State::ReadStanding(SqlTransaction& transaction,
                                                                  StandingKind kind) {
  const SqlRows rows = transaction.Exec(
      Sql(kind == StandingKind::kMembers ? sql::kMemberPrivileges : sql::kStandingSchemas),
      {run_id});
  Standing standing;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    standing.emplace(rows.Text(row, 0), rows.Text(row, 1));
  }
  return standing;
}

// Runs the statement and keeps what puts things back as they were.
void SchemaBuilder::State::ChangeStanding(SqlTransaction& transaction, StandingKind kind,
                                          const std::string& label, const std::string& sql) {
  const Standing before = ReadStanding(transaction, kind);
  transaction.Exec(sql);
  const Standing after = ReadStanding(transaction, kind);
  std::string undo;
  for (const auto& [made, taken] : after) {
    if (!before.contains(made)) undo += taken;
  }
  for (const auto& [made, taken] : before) {
    if (!after.contains(made)) undo += made;
  }
  if (!undo.empty()) Record(transaction, kStanding, "", label, "", "changed", undo);
}

ObjectOutcome SchemaBuilder::CreateFromArchive(const ArchiveObject& object) {
  ObjectOutcome outcome = state_->Do(object.kind, object.label, [&](SqlTransaction& transaction) {
    transaction.Exec(kSettings);
    if (!object.exists_sql.empty() && !transaction.Exec(object.exists_sql).empty()) return;
    const bool addressed = !object.address_type.empty();
    if (addressed && state_->Stands(transaction, object)) return;
    const auto recorded = [&] {
      return state_->Made(transaction, object.kind, object.schema, object.name, object.table);
    };
    if (object.made_once && recorded()) return;
    if (!object.settings_sql.empty()) transaction.Exec(object.settings_sql);
    if (object.changes_standing) {
      state_->ChangeStanding(transaction, StandingKind::kSchemas, object.kind + " " + object.label,
                             object.sql);
    } else {
      transaction.Exec(object.sql);
    }
    std::string class_oid = "0", oid = "0";
    if (addressed) {
      const SqlRows found = FindMade(transaction, object);
      class_oid = found.Text(0, 0);
      oid = found.Text(0, 1);
    } else if (recorded()) {
      return;  // a comment, a grant: said twice it is the same
    }
    state_->Record(transaction, object.kind, object.schema, object.name, object.table, "created",
                   ArchiveDetail(class_oid, object.fingerprint), "select " + oid);
  });
  if (!outcome.ok && outcome.hint.empty()) outcome.hint = object.hint;
  return outcome;
}

bool SchemaBuilder::CreateTogetherFromArchive(const std::vector<ArchiveObject>& objects) {
  const std::string run = ddl::QuoteLiteral(state_->run_id);
  std::string script = std::string(kSettings) + ";\n";
  for (const ArchiveObject& object : objects) {
    script += object.settings_sql + "\n" + object.sql + "\n";
    const std::string address = object.address_type.empty()
                                    ? "(select 0, 0) a(classid, objid)"
                                    : fmt::format("pg_catalog.pg_get_object_address({}, {}, {}) a",
                                                  ddl::QuoteLiteral(object.address_type),
                                                  ddl::QuoteLiteral(object.address_names),
                                                  ddl::QuoteLiteral(object.address_args));
    script += fmt::format(
        "insert into {}.object (run_id, kind, schema, name, \"table\", action, detail, oid) select "
        "{}, {}, {}, {}, {}, 'created', '{}' || a.classid::oid || '{}', a.objid::bigint from "
        "{};\n",
        state_->ledger, run, ddl::QuoteLiteral(object.kind), ddl::QuoteLiteral(object.schema),
        ddl::QuoteLiteral(object.name), ddl::QuoteLiteral(object.table), kArchiveMark,
        DefinitionOf(object.fingerprint), address);
  }
  try {
    state_->session.Transact([&](SqlTransaction& transaction) {
      transaction.Exec(script);
      for (const ArchiveObject& object : objects) {
        FaultAt(FaultPointsOf(object.kind).first, state_->session.socket());
      }
    });
  } catch (const Error& error) {
    if (error.connection_lost || error.exit_code == ExitCode::kBug || error.code == "53100") throw;
    return false;
  }
  for (const ArchiveObject& object : objects) FaultAt(FaultPointsOf(object.kind).second);
  return true;
}

ObjectOutcome SchemaBuilder::RunForArchive(const std::string& kind, const std::string& label,
                                           const std::vector<std::string>& statements,
                                           StandingKind standing) {
  ObjectOutcome first_failure;
  for (const std::string& sql : statements) {
    ObjectOutcome outcome = state_->Do(kind, label, [&](SqlTransaction& transaction) {
      transaction.Exec(kSettings);
      state_->session.TakeWarnings();
      if (standing != StandingKind::kNone) {
        state_->ChangeStanding(transaction, standing, kind + " " + label, sql);
      } else {
        transaction.Exec(sql);
      }
    });
    // What may not be granted the server leaves out, and goes on.
    if (const auto warnings = state_->session.TakeWarnings(); outcome.ok && !warnings.empty()) {
      outcome.ok = false;
      outcome.error = fmt::format("{}: {}", fmt::join(warnings, "; "), sql);
      state_->RecordFailure(outcome);
    }
    if (!outcome.ok && first_failure.ok) first_failure = outcome;
  }
  if (!first_failure.ok) return first_failure;
  ObjectOutcome done;
  done.kind = kind;
  done.name = label;
  return done;
}

bool SchemaBuilder::RunTogetherForArchive(const std::vector<std::string>& statements,
                                          StandingKind standing) {
  try {
    state_->session.Transact([&](SqlTransaction& transaction) {
      transaction.Exec(kSettings);
      state_->session.TakeWarnings();
      const auto read = [&] {
        return standing == StandingKind::kNone ? State::Standing()
                                               : state_->ReadStanding(transaction, standing);
      };
      const State::Standing before = read();
      transaction.Exec(fmt::format("{}", fmt::join(statements, "\n")));
      if (!state_->session.TakeWarnings().empty() || read() != before) throw Error("each alone");
    });
  } catch (const Error& error) {
    if (error.connection_lost || error.exit_code == ExitCode::kBug) throw;
    return false;
  }
  return true;
}

ObjectOutcome SchemaBuilder::Fail(const std::string& kind, const std::string& name,
                                  const std::string& why) {
  return state_->Do(kind, name, [&](SqlTransaction&) { throw Error(why); });
}

ObjectOutcome SchemaBuilder::SetSequenceState(const std::string& schema, const std::string& name,
                                              const std::string& last_value, bool is_called,
                                              bool forward_only) {
  return state_->Do("sequence", schema + "." + name, [&](SqlTransaction& transaction) {
    const std::string sequence = ddl::Qualified(schema, name);
    transaction.Exec(
        "select pg_catalog.setval($1::regclass, $2::bigint, $3::boolean) from " + sequence +
            " q join pg_catalog.pg_sequence s on s.seqrelid = $1::regclass where not $4::boolean "
            "or (q.last_value = s.seqstart and not q.is_called) or ($2::numeric * "
            "sign(s.seqincrement), $3::boolean) > (q.last_value * sign(s.seqincrement)::numeric, "
            "q.is_called)",
        {sequence, last_value, is_called ? "t" : "f", forward_only ? "t" : "f"});
  });
}

ObjectOutcome SchemaBuilder::CreateLargeObject(
    const std::string& oid, const std::function<LargeObjectPiece(std::int64_t)>& read,
    const std::vector<std::string>& after) {
  return state_->Do("large object", oid, [&](SqlTransaction& transaction) {
    if (state_->Made(transaction, "large object", "", oid, "")) return;
    transaction.Exec("select pg_catalog.lo_create($1::oid)", {oid});
    for (std::int64_t offset = 0;;) {
      const LargeObjectPiece piece = read(offset);
      if (piece.bytes == 0) break;
      transaction.Exec("select pg_catalog.lo_put($1::oid, $2::bigint, decode($3::text, 'hex'))",
                       {oid, std::to_string(offset), piece.hex});
      const std::string arrived =
          transaction
              .Exec("select md5(pg_catalog.lo_get($1::oid, $2::bigint, $3::integer))",
                    {oid, std::to_string(offset), std::to_string(piece.bytes)})
              .Text(0, 0);
      if (arrived != piece.md5)
        throw Error("large object " + oid + " differs after it was written");
      offset += piece.bytes;
    }
    for (const std::string& sql : after) transaction.Exec(sql);
    state_->Record(transaction, "large object", "", oid, "", "created",
                   ArchiveDetail(kLargeObjectClass), "select " + oid);
  });
}

bool SchemaBuilder::CreateLargeObjects(const std::vector<SmallLargeObject>& objects) {
  std::string oids, bytes, sums, after;  // arrays of texts that need no escapes
  for (const SmallLargeObject& object : objects) {
    oids += (oids.empty() ? "" : ",") + object.oid;
    bytes += (bytes.empty() ? "\"" : ",\"") + object.whole.hex + "\"";
    sums += (sums.empty() ? "" : ",") + object.whole.md5;
    for (const std::string& sql : object.after) after += sql + ";\n";
  }
  for (std::string* array : {&oids, &bytes, &sums}) *array = "{" + *array + "}";
  try {
    state_->session.Transact([&](SqlTransaction& transaction) {
      transaction.Exec(
          "select pg_catalog.lo_from_bytea(o, decode(b, 'hex')) from unnest($1::oid[], $2::text[]) "
          "u(o, b)",
          {oids, bytes});
      const bool differs = !transaction
                                .Exec(
                                    "select from unnest($1::oid[], $2::text[]) u(o, s) where "
                                    "md5(pg_catalog.lo_get(o)) <> s",
                                    {oids, sums})
                                .empty();
      if (differs) throw Error("each alone");
      if (!after.empty()) transaction.Exec(after);
      transaction.Exec(
          state_->Sql("insert into {L}.object (run_id, kind, schema, name, \"table\", action, "
                      "detail, oid) select $1::text, 'large object', '', o, '', 'created', "
                      "$3::text, o::bigint from unnest($2::text[]) o"),
          {state_->run_id, oids, ArchiveDetail(kLargeObjectClass)});
      FaultAt(FaultPoint::kObjectUncommitted, state_->session.socket());
    });
    FaultAt(FaultPoint::kObjectCommitted);
  } catch (const Error& error) {
    if (error.connection_lost || error.exit_code == ExitCode::kBug || error.code == "53100") throw;
    return false;
  }
  return true;
}

ObjectOutcome SchemaBuilder::AddExtensionRows(const ExtensionRows& rows) {
  const std::string label = rows.schema + "." + rows.name;
  return state_->Do(kExtensionRows, label, [&](SqlTransaction& transaction) {
    SqlRows brought = transaction.Exec(
        state_->Sql("select from {L}.object where run_id = $1::text and kind = $2::text and schema "
                    "= $3::text and name = $4::text and action in ('created', 'appended')"),
        {state_->run_id, kExtensionRows, rows.schema, rows.name});
    if (!brought.empty()) return;
    const std::string table = ddl::Qualified(rows.schema, rows.name);
    if (rows.sequence) {
      transaction.Exec("select pg_catalog.setval($1::regclass, $2::bigint, $3::boolean)",
                       {table, rows.last_value, rows.is_called ? "t" : "f"});
    } else {
      const std::string added =
          transaction
              .Exec(fmt::format("with added as (insert into {0} ({1}) overriding system value "
                                "select {1} from json_populate_recordset(null::{0}, $1::json) "
                                "returning 1) select count(*) from added",
                                table, rows.columns),
                    {rows.json})
              .Text(0, 0);
      if (added != std::to_string(rows.count)) {
        throw Error(fmt::format("{} of {} rows arrived in {}", added, rows.count, label));
      }
    }
    const bool ours = state_->Made(transaction, "extension", "", rows.extension, "");
    state_->Record(transaction, kExtensionRows, rows.schema, rows.name, "",
                   ours ? "created" : "appended");
  });
}

std::string ArchiveDetail(const std::string& class_oid, const std::string& fingerprint) {
  return std::string(kArchiveMark) + class_oid + DefinitionOf(fingerprint);
}

std::string ArchiveFingerprint(const std::string& detail) {
  const std::size_t at = detail.find(kDefinition);
  if (!detail.starts_with(kArchiveMark) || at == detail.npos) return "";
  return detail.substr(at + kDefinition.size());
}

}  // namespace transload
