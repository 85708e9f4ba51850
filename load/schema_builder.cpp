#include "load/schema_builder.h"

#include <fmt/format.h>

#include "core/error.h"
#include "load/ddl.h"
#include "load/schema_builder_state.h"

namespace transload {
namespace {

std::string OidOfConstraint(const TablePlan& table, const std::string& name) {
  return fmt::format(
      "select oid from pg_catalog.pg_constraint where conrelid = {}::regclass and conname = {}",
      ddl::QuoteLiteral(ddl::Qualified(table.schema, table.name)), ddl::QuoteLiteral(name));
}

// The value `next`, or the one that a sequence in use would hand out, where that is further.
std::string Furthest(SqlTransaction& transaction, const std::string& sequence,
                     const std::string& next) {
  return transaction
      .Exec(fmt::format(
                "select case when q.last_value = s.seqstart and not q.is_called then $2::numeric "
                "when s.seqincrement > 0 then greatest($2::numeric, n) else least($2::numeric, n) "
                "end from {} q join pg_catalog.pg_sequence s on s.seqrelid = $1::regclass cross "
                "join lateral (select q.last_value::numeric + case when q.is_called then "
                "s.seqincrement else 0 end as n) c",
                sequence),
            {sequence, next})
      .Text(0, 0);
}

}  // namespace

SchemaBuilder::SchemaBuilder(const Options& options, const std::string& run_id)
    : state_(std::make_unique<State>(options, run_id)) {}
SchemaBuilder::SchemaBuilder(SchemaBuilder&&) noexcept = default;
SchemaBuilder& SchemaBuilder::operator=(SchemaBuilder&&) noexcept = default;
SchemaBuilder::~SchemaBuilder() = default;

void SchemaBuilder::Cancel() noexcept { state_->session.Cancel(); }
void SchemaBuilder::OnRetry(RetryHook hook) { state_->retried = std::move(hook); }

ObjectOutcome SchemaBuilder::CreateSchema(const std::string& name) {
  return state_->Do("schema", name, [&](SqlTransaction& transaction) {
    const std::string find = fmt::format(
        "select oid from pg_catalog.pg_namespace where nspname = {}", ddl::QuoteLiteral(name));
    if (!transaction.Exec(find).empty()) return;
    transaction.Exec(ddl::CreateSchema(name));
    state_->Record(transaction, "schema", "", name, "", "created", "", find);
  });
}

ObjectOutcome SchemaBuilder::CreateCollation(const CollationPlan& collation) {
  const std::string label = collation.schema + "." + collation.name;
  return state_->Do("collation", label, [&](SqlTransaction& transaction) {
    const std::string find = fmt::format(
        "select c.oid, to_jsonb(c) from pg_catalog.pg_collation c join pg_catalog.pg_namespace n "
        "on n.oid = c.collnamespace where c.collname = {} and n.nspname = {}",
        ddl::QuoteLiteral(collation.name), ddl::QuoteLiteral(collation.schema));
    // Its locale has stood in three columns over the versions.
    const std::string same = fmt::format(
        "select not collisdeterministic and {} in (j ->> 'colllocale', j ->> 'colliculocale', "
        "j ->> 'collcollate') from ({}) f (oid, j) join pg_catalog.pg_collation c using (oid)",
        ddl::QuoteLiteral(collation.locale), find);
    if (const SqlRows found = transaction.Exec(same); !found.empty()) {
      if (found.Bool(0, 0)) return;
      throw Error("a collation of that name is there, and it compares otherwise");
    }
    transaction.Exec(ddl::CreateCollation(collation));
    state_->Record(transaction, "collation", collation.schema, collation.name, "", "created", "",
                   fmt::format("select oid from ({}) f", find));
  });
}

ObjectOutcome SchemaBuilder::CreateTable(const TablePlan& table) {
  return state_->Do("table", table.TargetLabel(), [&](SqlTransaction& transaction) {
    if (state_->Made(transaction, "table", table.schema, table.name, "")) return;
    for (const EnumTypePlan& type : table.types) {
      transaction.Exec(ddl::CreateEnum(type));
      state_->Record(transaction, "type", type.schema, type.name, table.name, "created", "",
                     fmt::format("select {}::regtype::oid",
                                 ddl::QuoteLiteral(ddl::Qualified(type.schema, type.name))));
    }
    transaction.Exec(ddl::CreateTable(table, /*autovacuum_off=*/true));
    state_->Record(transaction, "table", table.schema, table.name, "", "created", "",
                   OidOfRelation(table.schema, table.name));
  });
}

bool SchemaBuilder::CreateTables(const std::vector<const TablePlan*>& tables) {
  std::string script;
  auto add = [&](const std::string& statement) { script += statement + ";\n"; };
  auto record = [&](const std::string& kind, const std::string& schema, const std::string& name,
                    const std::string& table, const std::string& oid_sql) {
    add(fmt::format(
        "insert into {}.object (run_id, kind, schema, name, \"table\", action, detail, "
        "oid) select {}, {}, {}, {}, {}, 'created', '', ({})::oid::bigint",
        state_->ledger, ddl::QuoteLiteral(state_->run_id), ddl::QuoteLiteral(kind),
        ddl::QuoteLiteral(schema), ddl::QuoteLiteral(name), ddl::QuoteLiteral(table), oid_sql));
  };
  for (const TablePlan* table : tables) {
    for (const EnumTypePlan& type : table->types) {
      add(ddl::CreateEnum(type));
      record("type", type.schema, type.name, table->name,
             fmt::format("select {}::regtype::oid",
                         ddl::QuoteLiteral(ddl::Qualified(type.schema, type.name))));
    }
    add(ddl::CreateTable(*table, /*autovacuum_off=*/true));
    record("table", table->schema, table->name, "", OidOfRelation(table->schema, table->name));
  }
  try {
    state_->session.Transact([&](SqlTransaction& transaction) {
      transaction.Exec(script);
      for (std::size_t i = 0; i < tables.size(); ++i) {
        FaultAt(FaultPoint::kTableUncommitted, state_->session.socket());
      }
    });
  } catch (const Error& error) {
    if (error.connection_lost || error.exit_code == ExitCode::kBug) throw;
    return false;
  }
  for (std::size_t i = 0; i < tables.size(); ++i) FaultAt(FaultPoint::kTableCommitted);
  return true;
}

ObjectOutcome SchemaBuilder::CreateSequence(const SequencePlan& sequence) {
  const std::string label = sequence.schema + "." + sequence.name;
  return state_->Do("sequence", label, [&](SqlTransaction& transaction) {
    if (state_->Made(transaction, "sequence", sequence.schema, sequence.name, "")) return;
    transaction.Exec(ddl::CreateSequence(sequence));
    state_->Record(transaction, "sequence", sequence.schema, sequence.name, "", "created", "",
                   OidOfRelation(sequence.schema, sequence.name));
  });
}

ObjectOutcome SchemaBuilder::CreateIndex(const TablePlan& table, const IndexPlan& index) {
  return state_->Do(
      "index", table.TargetLabel() + "." + index.name,
      [&](SqlTransaction& transaction) {
        if (state_->Made(transaction, "index", table.schema, index.name, table.name)) return;
        for (const std::string& sql :
             ddl::CreateIndex(table, index, state_->session.version_num())) {
          transaction.Exec(sql);
        }
        state_->Record(transaction, "index", table.schema, index.name, table.name, "created", "",
                       fmt::format("select to_regclass({})::oid",
                                   ddl::QuoteLiteral(ddl::Qualified(table.schema, index.name))));
      },
      fmt::format(
          "; the rows: {}; change them in the source and load the table again (--reload), or take "
          "another type for the column",
          ddl::FindClashes(table, index)));
}

ObjectOutcome SchemaBuilder::AddForeignKey(const TablePlan& table, const ForeignKeyPlan& key) {
  return state_->Do(
      "foreign key", table.TargetLabel() + "." + key.name, [&](SqlTransaction& transaction) {
        if (state_->Made(transaction, "foreign key", table.schema, key.name, table.name)) return;
        transaction.Exec(ddl::AddForeignKey(table, key));
        state_->Record(transaction, "foreign key", table.schema, key.name, table.name, "created",
                       "", OidOfConstraint(table, key.name));
      });
}

ObjectOutcome SchemaBuilder::ValidateForeignKey(const TablePlan& table, const ForeignKeyPlan& key) {
  ObjectOutcome outcome = state_->Try(
      "foreign key", table.TargetLabel() + "." + key.name, [&](SqlTransaction& transaction) {
        transaction.Exec(ddl::ValidateConstraint(table, key.name));
        state_->ForgetUnvalidated(transaction, "foreign key", table.schema, table.name, key.name);
      });
  if (outcome.ok) return outcome;
  if (outcome.code == "23503") {
    SqlRows orphans = state_->session.Exec(ddl::CountOrphans(table, key));
    outcome.error = fmt::format("rows of {} without a parent in {}.{}: {}", table.TargetLabel(),
                                key.parent_schema, key.parent_table, orphans.Text(0, 0));
    outcome.hint = ddl::FindOrphans(table, key);
  }
  outcome.error += "; the key stays NOT VALID";
  state_->RecordUnvalidated(outcome, table.schema, table.name, key.name);
  return outcome;
}

ObjectOutcome SchemaBuilder::AddCheck(const TablePlan& table, const CheckPlan& check) {
  const std::string label = table.TargetLabel() + "." + check.name;
  ObjectOutcome added = state_->Do("check", label, [&](SqlTransaction& transaction) {
    if (state_->Made(transaction, "check", table.schema, check.name, table.name)) return;
    transaction.Exec(ddl::AddCheck(table, check));
    state_->Record(transaction, "check", table.schema, check.name, table.name, "created", "",
                   OidOfConstraint(table, check.name));
  });
  if (!added.ok || !check.validate) return added;
  ObjectOutcome valid = state_->Try("check", label, [&](SqlTransaction& transaction) {
    transaction.Exec(ddl::ValidateConstraint(table, check.name));
    state_->ForgetUnvalidated(transaction, "check", table.schema, table.name, check.name);
  });
  if (valid.ok) return valid;
  valid.error += "; the check stays NOT VALID";
  valid.hint = fmt::format("SELECT * FROM {} WHERE NOT ({})",
                           ddl::Qualified(table.schema, table.name), check.expression_sql);
  state_->RecordUnvalidated(valid, table.schema, table.name, check.name);
  return valid;
}

ObjectOutcome SchemaBuilder::Comment(const TablePlan& table) {
  if (ddl::Comments(table).empty()) return {};  // most tables: no transaction for nothing
  return state_->Do("comment", table.TargetLabel(), [&](SqlTransaction& transaction) {
    // An index that failed to be made has nothing to comment on.
    TablePlan present = table;
    std::erase_if(present.indexes, [&](const IndexPlan& index) {
      return transaction
          .Exec("select to_regclass($1::text)", {ddl::Qualified(table.schema, index.name)})
          .Null(0, 0);
    });
    for (const std::string& sql : ddl::Comments(present)) transaction.Exec(sql);
  });
}

ObjectOutcome SchemaBuilder::CreateTouchTrigger(const TablePlan& table,
                                                const TouchTriggerPlan& trigger) {
  return state_->Do(
      "trigger", table.TargetLabel() + "." + trigger.trigger, [&](SqlTransaction& transaction) {
        if (state_->Made(transaction, "trigger", table.schema, trigger.trigger, table.name)) return;
        std::vector<std::string> sql =
            ddl::TouchTrigger(table, trigger, state_->session.version_num());
        transaction.Exec(sql.at(0));
        state_->Record(
            transaction, "function", table.schema, trigger.function, table.name, "created", "",
            fmt::format("select {}::regprocedure::oid",
                        ddl::QuoteLiteral(ddl::Qualified(table.schema, trigger.function) + "()")));
        transaction.Exec(sql.at(1));
        state_->Record(transaction, "trigger", table.schema, trigger.trigger, table.name,
                       "created");
      });
}

// The next value handed out is greatest(next, floor), where floor is max + 1 of the column. setval
// with is_called = false says just that. Beyond the sequence's end the last value is marked as
// used: the next insert fails, as it would have at the source.
ObjectOutcome SchemaBuilder::State::SetNext(const std::string& kind, const std::string& label,
                                            const std::string& sequence_sql,
                                            const std::string& floor_sql, const std::string& next,
                                            bool forward_only) {
  bool exhausted = false, none = false;
  ObjectOutcome outcome = Do(kind, label, [&](SqlTransaction& transaction) {
    SqlRows found = transaction.Exec(
        "select s.seqrelid::regclass::text, s.seqmax, s.seqmin, s.seqincrement > 0, "
        "case when s.seqincrement > 0 then greatest($1::numeric, (" +
            floor_sql +
            ")) else $1::numeric end from pg_catalog.pg_sequence s where s.seqrelid = (" +
            sequence_sql + ")::regclass",
        {next.empty() ? SqlValue("1") : SqlValue(next)});
    if (found.empty()) {  // a column of a table that was there before, filled some other way
      none = true;
      return;
    }
    SqlRows set = transaction.Exec(
        "select case when $2::numeric > $3::numeric "
        "then setval($1::regclass, $3::bigint, $5::boolean) "
        "when $2::numeric < $4::numeric then setval($1::regclass, $4::bigint, not $5::boolean) "
        "else setval($1::regclass, $2::numeric::bigint, false) end, "
        "($2::numeric > $3::numeric and $5::boolean) "
        "or ($2::numeric < $4::numeric and not $5::boolean)",
        {found.Text(0, 0),
         forward_only ? Furthest(transaction, found.Text(0, 0), found.Text(0, 4))
                      : found.Text(0, 4),
         found.Text(0, 1), found.Text(0, 2), found.Text(0, 3)});
    exhausted = set.Bool(0, 1);
  });
  if (none) outcome.hint = "no sequence stands behind " + label + ": nothing was set";
  if (outcome.ok && exhausted) {
    outcome.hint = fmt::format(
        "{} has no value left, as at the source: the next insert will fail. A wider type helps",
        label);
  }
  return outcome;
}

ObjectOutcome SchemaBuilder::SetIdentityNext(const TablePlan& table, const std::string& next,
                                             bool forward_only) {
  for (const ColumnPlan& column : table.columns) {
    if (!column.identity) continue;
    const std::string name = ddl::Qualified(table.schema, table.name);
    return state_->SetNext(
        "identity", table.TargetLabel() + "." + column.name,
        fmt::format("select pg_get_serial_sequence({}, {})", ddl::QuoteLiteral(name),
                    ddl::QuoteLiteral(column.name)),
        fmt::format("select max({})::numeric + 1 from {}", ddl::QuoteName(column.name), name), next,
        forward_only);
  }
  return {};
}

ObjectOutcome SchemaBuilder::SetSequenceNext(const SequencePlan& sequence, const std::string& next,
                                             bool forward_only) {
  return state_->SetNext(
      "sequence", sequence.schema + "." + sequence.name,
      "select " + ddl::QuoteLiteral(ddl::Qualified(sequence.schema, sequence.name)),
      "select null::numeric", next, forward_only);
}

ObjectOutcome SchemaBuilder::RestoreAutovacuum(const TablePlan& table) {
  return state_->Do("autovacuum", table.TargetLabel(), [&](SqlTransaction& transaction) {
    transaction.Exec(
        fmt::format("ALTER TABLE {} RESET (autovacuum_enabled, toast.autovacuum_enabled)",
                    ddl::Qualified(table.schema, table.name)));
  });
}

// Outside of a transaction, which VACUUM asks for. What fails does not hold up the run: all rows
// and objects are there by then.
ObjectOutcome SchemaBuilder::Analyze(const TablePlan& table, bool vacuum) {
  const std::string sql = (vacuum ? "VACUUM (FREEZE, ANALYZE) " : "ANALYZE ") +
                          ddl::Qualified(table.schema, table.name);
  ObjectOutcome outcome;
  outcome.kind = "statistics";
  outcome.name = table.TargetLabel();
  for (int attempt = 1;; ++attempt) {
    try {
      state_->session.ExecAlone(sql);
      return outcome;
    } catch (const Error& error) {
      if (error.connection_lost) throw;
      if (error.retryable && attempt <= state_->options.retries) {
        state_->RestBeforeRetry(outcome.kind + " " + outcome.name, error, attempt);
        continue;
      }
      outcome = Failed(outcome.kind, outcome.name, error);
      outcome.hint = "run " + sql;
      state_->RecordFailure(outcome);
      return outcome;
    }
  }
}

ObjectOutcome SchemaBuilder::SetOwner(const TablePlan& table, const std::string& role) {
  return state_->Do("owner", table.TargetLabel(), [&](SqlTransaction& transaction) {
    transaction.Exec(fmt::format("ALTER TABLE {} OWNER TO {}",
                                 ddl::Qualified(table.schema, table.name), ddl::QuoteName(role)));
    for (const EnumTypePlan& type : table.types) {
      transaction.Exec(fmt::format("ALTER TYPE {} OWNER TO {}",
                                   ddl::Qualified(type.schema, type.name), ddl::QuoteName(role)));
    }
  });
}

ObjectOutcome SchemaBuilder::SetOwner(const SequencePlan& sequence, const std::string& role) {
  return state_->Do("owner", sequence.schema + "." + sequence.name,
                    [&](SqlTransaction& transaction) {
                      transaction.Exec(fmt::format("ALTER SEQUENCE {} OWNER TO {}",
                                                   ddl::Qualified(sequence.schema, sequence.name),
                                                   ddl::QuoteName(role)));
                    });
}

// The privileges are words of SQL; the role after TO is a name, and quoted.
ObjectOutcome SchemaBuilder::Grant(const TablePlan& table, const std::vector<std::string>& grants) {
  return state_->Do("grant", table.TargetLabel(), [&](SqlTransaction& transaction) {
    for (const std::string& grant : grants) transaction.Exec(ddl::Grant(table, grant));
  });
}

}  // namespace transload
