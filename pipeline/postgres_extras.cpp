#include "pipeline/postgres_extras.h"

#include <fmt/format.h>

#include <mutex>
#include <sstream>

#include "load/ddl.h"
#include "load/pg_archive_objects.h"

namespace transload {
namespace {

constexpr std::int64_t kPieceBytes = 1 << 20;

LargeObjectPiece ReadPiece(Endpoints& ends, const std::string& oid, std::int64_t offset) {
  std::lock_guard lock(ends.source_mutex);
  postgres::SqlRows row = AsPostgres(ends)->Query(
      fmt::format("select encode(p, 'hex'), length(p), md5(p) from lo_get({}, {}, {}) p", oid,
                  offset, kPieceBytes));
  return {row.Text(0, 0), row.Int(0, 1), row.Text(0, 2)};
}

// Statements that the target's roles allow.
std::vector<std::string> GivingAway(Endpoints& ends, const std::string& oid,
                                    const std::string& owner, const std::set<std::string>& roles,
                                    const std::set<std::string>& usable) {
  std::vector<std::string> statements;
  if (usable.contains(owner)) {
    statements.push_back(
        fmt::format("ALTER LARGE OBJECT {} OWNER TO {}", oid, ddl::QuoteName(owner)));
  }
  postgres::SqlRows grants = AsPostgres(ends)->Query(fmt::format(
      "select a.privilege_type, coalesce(r.rolname, ''), a.is_grantable from "
      "pg_catalog.pg_largeobject_metadata m cross join lateral pg_catalog.aclexplode(m.lomacl) a "
      "left join pg_catalog.pg_roles r on r.oid = a.grantee where m.oid = {} and a.grantee <> "
      "m.lomowner",
      oid));
  for (std::size_t row = 0; row < grants.size(); ++row) {
    const std::string& role = grants.Text(row, 1);
    if (!role.empty() && !roles.contains(role)) continue;
    statements.push_back(fmt::format("GRANT {} ON LARGE OBJECT {} TO {}{}", grants.Text(row, 0),
                                     oid, role.empty() ? "PUBLIC" : ddl::QuoteName(role),
                                     grants.Bool(row, 2) ? " WITH GRANT OPTION" : ""));
  }
  postgres::SqlRows comment = AsPostgres(ends)->Query(
      fmt::format("select pg_catalog.obj_description({}, 'pg_largeobject')", oid));
  if (!comment.Null(0, 0)) {
    statements.push_back(fmt::format("COMMENT ON LARGE OBJECT {} IS {}", oid,
                                     ddl::QuoteLiteral(comment.Text(0, 0))));
  }
  return statements;
}

}  // namespace

std::set<std::string> Lines(const std::string& text) {
  std::set<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.insert(line);
  return lines;
}

postgres::PostgresSource* AsPostgres(Endpoints& ends) {
  return dynamic_cast<postgres::PostgresSource*>(ends.source.get());
}

void SetPostgresSequences(Endpoints& ends, ObjectWorkers& workers,
                          const std::vector<SourceSequence>& sequences, bool forward_only) {
  const std::set<std::string> there = Lines(ends.target.QueryText(
      "select '\"' || replace(n.nspname, '\"', '\"\"') || '\".\"' || replace(c.relname, '\"', "
      "'\"\"') || '\"' from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = "
      "c.relnamespace where c.relkind = 'S'"));
  // A whole migration renames schemas when all else is done.
  auto target_schema = [&](const std::string& schema, const std::string& name) {
    auto renamed = ends.options.rename_schema.find(schema);
    if (renamed == ends.options.rename_schema.end()) return schema;
    const bool done =
        ends.options.data_only || there.contains(ddl::Qualified(renamed->second, name));
    return done ? renamed->second : schema;
  };
  std::vector<SourceSequence> wanted;
  for (const SourceSequence& sequence : sequences) {
    const std::string schema = target_schema(sequence.schema, sequence.name);
    if (there.contains(ddl::Qualified(schema, sequence.name))) wanted.push_back(sequence);
  }
  std::vector<postgres::SequenceState> states;
  {
    std::lock_guard lock(ends.source_mutex);
    const auto unreadable = AsPostgres(ends)->UnreadableSequences();
    std::erase_if(wanted, [&](const SourceSequence& sequence) {
      if (!unreadable.contains({sequence.schema, sequence.name})) return false;
      const std::string label = target_schema(sequence.schema, sequence.name) + "." + sequence.name;
      workers.Submit("sequence " + sequence.name, [label](SchemaBuilder& builder) {
        return builder.Fail("sequence", label,
                            "the source's login may not read its value: GRANT SELECT ON SEQUENCE "
                            "there, then run again with --refresh-sequences");
      });
      return true;
    });
    states = AsPostgres(ends)->ReadSequenceStates(wanted);
  }
  for (const postgres::SequenceState& state : states) {
    const std::string schema = target_schema(state.schema, state.name);
    workers.Submit("sequence " + state.name, [state, schema, forward_only](SchemaBuilder& builder) {
      return builder.SetSequenceState(schema, state.name, state.last_value, state.is_called,
                                      forward_only);
    });
  }
  workers.WaitUntilIdle();
}

void MoveLargeObjects(Endpoints& ends, ObjectWorkers& workers, const std::set<std::string>& made) {
  const std::set<std::string> roles =
      Lines(ends.target.QueryText("select rolname from pg_catalog.pg_roles"));
  const std::set<std::string> usable = Lines(ends.target.QueryText(
      "select rolname from pg_catalog.pg_roles where pg_catalog.pg_has_role(oid, 'member')"));
  postgres::SqlRows objects;
  {
    std::lock_guard lock(ends.source_mutex);
    objects = AsPostgres(ends)->Query(
        "select m.oid, pg_catalog.pg_get_userbyid(m.lomowner), u.rolsuper or "
        "current_setting('lo_compat_privileges')::boolean or exists (select 1 from "
        "pg_catalog.aclexplode(coalesce(m.lomacl, pg_catalog.acldefault('L', m.lomowner))) a where "
        "a.privilege_type = 'SELECT' and (a.grantee = 0 or pg_catalog.pg_has_role(a.grantee, "
        "'usage'))) from pg_catalog.pg_largeobject_metadata m join pg_catalog.pg_roles u on "
        "u.rolname = current_user order by m.oid");
  }
  for (std::size_t row = 0; row < objects.size(); ++row) {
    const std::string& oid = objects.Text(row, 0);
    if (made.contains(fmt::format("large object|||{}", oid))) continue;
    const std::string& owner = objects.Text(row, 1);
    // Its error would end the transaction that keeps the snapshot.
    if (!objects.Bool(row, 2)) {
      workers.Submit("large object " + oid, [oid](SchemaBuilder& builder) {
        return builder.Fail(
            "large object", oid,
            "the source's login may not read it: GRANT SELECT ON LARGE OBJECT there");
      });
      continue;
    }
    workers.Submit(
        "large object " + oid, [&ends, oid, owner, roles, usable](SchemaBuilder& builder) {
          std::vector<std::string> after;
          {
            std::lock_guard lock(ends.source_mutex);
            after = GivingAway(ends, oid, owner, roles, usable);
          }
          return builder.CreateLargeObject(
              oid, [&](std::int64_t offset) { return ReadPiece(ends, oid, offset); }, after);
        });
  }
  workers.WaitUntilIdle();
}

}  // namespace transload
