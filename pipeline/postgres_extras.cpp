#include "pipeline/postgres_extras.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>
#include <memory>
#include <mutex>
#include <sstream>

#include "load/ddl.h"
#include "load/pg_archive_objects.h"

namespace transload {
namespace {

constexpr std::int64_t kPieceBytes = 1 << 20;
constexpr std::int64_t kSmallBytes = 16 << 10;
constexpr std::size_t kTogether = 200;

LargeObjectPiece ReadPiece(Endpoints& ends, const std::string& oid, std::int64_t offset) {
  std::lock_guard lock(ends.source_mutex);
  postgres::SqlRows row = AsPostgres(ends)->Query(
      fmt::format("select encode(p, 'hex'), length(p), md5(p) from lo_get({}, {}, {}) p", oid,
                  offset, kPieceBytes));
  return {row.Text(0, 0), row.Int(0, 1), row.Text(0, 2)};
}

struct Roles {
  std::set<std::string> there, usable;  // in the target
};

using Statements = std::map<std::string, std::vector<std::string>>;

// By object: statements that the target's roles allow.
Statements GivingAway(Endpoints& ends, const std::vector<std::string>& oids, const Roles& roles) {
  Statements statements;
  const std::string among = fmt::format("{}", fmt::join(oids, ", "));
  postgres::SqlRows owners = AsPostgres(ends)->Query(fmt::format(
      "select oid, pg_catalog.pg_get_userbyid(lomowner), pg_catalog.obj_description(oid, "
      "'pg_largeobject') from pg_catalog.pg_largeobject_metadata where oid in ({})",
      among));
  for (std::size_t row = 0; row < owners.size(); ++row) {
    const std::string& oid = owners.Text(row, 0);
    if (!roles.usable.contains(owners.Text(row, 1))) continue;
    statements[oid].push_back(
        fmt::format("ALTER LARGE OBJECT {} OWNER TO {}", oid, ddl::QuoteName(owners.Text(row, 1))));
  }
  postgres::SqlRows grants = AsPostgres(ends)->Query(fmt::format(
      "select m.oid, a.privilege_type, coalesce(r.rolname, ''), a.is_grantable from "
      "pg_catalog.pg_largeobject_metadata m cross join lateral pg_catalog.aclexplode(m.lomacl) a "
      "left join pg_catalog.pg_roles r on r.oid = a.grantee where m.oid in ({}) and a.grantee <> "
      "m.lomowner",
      among));
  for (std::size_t row = 0; row < grants.size(); ++row) {
    const std::string& oid = grants.Text(row, 0);
    const std::string& role = grants.Text(row, 2);
    if (!role.empty() && !roles.there.contains(role)) continue;
    statements[oid].push_back(fmt::format("GRANT {} ON LARGE OBJECT {} TO {}{}",
                                          grants.Text(row, 1), oid,
                                          role.empty() ? "PUBLIC" : ddl::QuoteName(role),
                                          grants.Bool(row, 3) ? " WITH GRANT OPTION" : ""));
  }
  for (std::size_t row = 0; row < owners.size(); ++row) {
    if (owners.Null(row, 2)) continue;
    const std::string& oid = owners.Text(row, 0);
    statements[oid].push_back(fmt::format("COMMENT ON LARGE OBJECT {} IS {}", oid,
                                          ddl::QuoteLiteral(owners.Text(row, 2))));
  }
  return statements;
}

void MoveAlone(Endpoints& ends, ObjectWorkers& workers, const std::string& oid,
               const std::shared_ptr<const Roles>& roles) {
  workers.Submit("large object " + oid, [&ends, oid, roles](SchemaBuilder& builder) {
    std::vector<std::string> after;
    {
      std::lock_guard lock(ends.source_mutex);
      after = GivingAway(ends, {oid}, *roles)[oid];
    }
    return builder.CreateLargeObject(
        oid, [&](std::int64_t offset) { return ReadPiece(ends, oid, offset); }, after);
  });
}

// Most large objects are small, and there may be millions. Those that are not, and all when one
// gives trouble, go alone.
void MoveTogether(Endpoints& ends, ObjectWorkers& workers, const std::vector<std::string>& oids,
                  const std::shared_ptr<const Roles>& roles) {
  workers.Submit(fmt::format("{} large objects", oids.size()), [&ends, &workers, oids,
                                                                roles](SchemaBuilder& builder) {
    std::vector<SmallLargeObject> small;
    std::vector<std::string> alone;
    {
      std::lock_guard lock(ends.source_mutex);
      Statements after = GivingAway(ends, oids, *roles);
      postgres::SqlRows rows = AsPostgres(ends)->Query(fmt::format(
          "select o, encode(p, 'hex'), length(p), md5(p) from unnest(array[{}]::oid[]) o cross "
          "join lateral lo_get(o, 0, {}) p",
          fmt::join(oids, ", "), kSmallBytes + 1));
      for (std::size_t row = 0; row < rows.size(); ++row) {
        const std::string& oid = rows.Text(row, 0);
        if (rows.Int(row, 2) > kSmallBytes) {
          alone.push_back(oid);
          continue;
        }
        small.push_back(
            {oid, {rows.Text(row, 1), rows.Int(row, 2), rows.Text(row, 3)}, after[oid]});
      }
    }
    if (!small.empty() && !builder.CreateLargeObjects(small)) alone = oids;
    for (const std::string& oid : alone) MoveAlone(ends, workers, oid, roles);
    ObjectOutcome outcome;
    outcome.kind = "large object";
    return outcome;
  });
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
  const auto roles = std::make_shared<const Roles>(Roles{
      Lines(ends.target.QueryText("select rolname from pg_catalog.pg_roles")),
      Lines(ends.target.QueryText(
          "select rolname from pg_catalog.pg_roles where pg_catalog.pg_has_role(oid, 'member')"))});
  postgres::SqlRows objects;
  {
    std::lock_guard lock(ends.source_mutex);
    objects = AsPostgres(ends)->Query(
        "select m.oid, u.rolsuper or "
        "current_setting('lo_compat_privileges')::boolean or exists (select 1 from "
        "pg_catalog.aclexplode(coalesce(m.lomacl, pg_catalog.acldefault('L', m.lomowner))) a where "
        "a.privilege_type = 'SELECT' and (a.grantee = 0 or pg_catalog.pg_has_role(a.grantee, "
        "'usage'))) from pg_catalog.pg_largeobject_metadata m join pg_catalog.pg_roles u on "
        "u.rolname = current_user order by m.oid");
  }
  std::vector<std::string> together;
  for (std::size_t row = 0; row < objects.size(); ++row) {
    const std::string& oid = objects.Text(row, 0);
    if (made.contains(fmt::format("large object|||{}", oid))) continue;
    // Its error would end the transaction that keeps the snapshot.
    if (!objects.Bool(row, 1)) {
      workers.Submit("large object " + oid, [oid](SchemaBuilder& builder) {
        return builder.Fail(
            "large object", oid,
            "the source's login may not read it: GRANT SELECT ON LARGE OBJECT there");
      });
      continue;
    }
    together.push_back(oid);
    if (together.size() < kTogether) continue;
    MoveTogether(ends, workers, together, roles);
    together.clear();
  }
  if (!together.empty()) MoveTogether(ends, workers, together, roles);
  workers.WaitUntilIdle();
}

std::string TellOfLargeObjects(Endpoints& ends) {
  const Options& options = ends.options;
  postgres::PostgresSource* source = AsPostgres(ends);
  if (source == nullptr || options.schema_only || !options.include.empty() ||
      !options.exclude.empty()) {
    return "";
  }
  const std::string count =
      source->Query("select count(*) from pg_catalog.pg_largeobject_metadata").Text(0, 0);
  return count == "0" ? ""
                      : count +
                            ", moved over one source connection when all tables are in; no "
                            "estimate knows of them";
}

}  // namespace transload
