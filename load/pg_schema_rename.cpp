// The last step of --rename-schema: what was made and loaded under a schema's old name gets the new
// one, in the server's catalogue and in the ledger at once.
#include <fmt/format.h>

#include "load/pg_archive_objects.h"
#include "load/schema_builder_state.h"

namespace transload {
namespace {

// pg_namespace, as objects' addresses name it.
constexpr const char* kNamespaceClass = "2615";

// The statements that make a schema like the one named, which stands, once it has gone.
std::vector<std::string> Likeness(SqlTransaction& transaction, const std::string& schema) {
  SqlRows rows = transaction.Exec(
      "select format('CREATE SCHEMA %I', nspname) from pg_catalog.pg_namespace where nspname = "
      "$1::text union all select format('ALTER SCHEMA %I OWNER TO %I', nspname, "
      "pg_catalog.pg_get_userbyid(nspowner)) from pg_catalog.pg_namespace where nspname = $1::text "
      "union all select format('GRANT %s ON SCHEMA %I TO %s%s', a.privilege_type, n.nspname, case "
      "a.grantee when 0 then 'PUBLIC' else "
      "quote_ident(pg_catalog.pg_get_userbyid(a.grantee)) end, case when a.is_grantable then ' "
      "WITH GRANT OPTION' else '' end) from pg_catalog.pg_namespace n cross join lateral "
      "pg_catalog.aclexplode(n.nspacl) a where n.nspname = $1::text and a.grantee <> n.nspowner "
      "union all select format('COMMENT ON SCHEMA %I IS %L', nspname, "
      "pg_catalog.obj_description(oid, 'pg_namespace')) from pg_catalog.pg_namespace where nspname "
      "= $1::text and pg_catalog.obj_description(oid, 'pg_namespace') is not null",
      {schema});
  std::vector<std::string> statements;
  for (std::size_t row = 0; row < rows.size(); ++row) statements.push_back(rows.Text(row, 0));
  return statements;
}

}  // namespace

ObjectOutcome SchemaBuilder::RenameSchemas(const std::map<std::string, std::string>& renames) {
  std::string label;
  for (const auto& [from, to] : renames) {
    label += fmt::format("{}{} to {}", label.empty() ? "" : ", ", from, to);
  }
  return state_->Do("schema rename", label, [&](SqlTransaction& transaction) {
    // Event triggers of the source, which stand by now, are not about this.
    transaction.Exec(
        "select pg_catalog.set_config('session_replication_role', 'replica', true) from "
        "pg_catalog.pg_roles where rolname = current_user and rolsuper");
    for (const auto& [from, to] : renames) {
      if (state_->Made(transaction, "schema rename", from, to, "")) continue;
      const bool ours = state_->Made(transaction, "schema", "", from, "");
      // One that stood before stands again, as empty as it was.
      std::vector<std::string> again;
      if (!ours) again = Likeness(transaction, from);
      transaction.Exec(
          fmt::format("ALTER SCHEMA {} RENAME TO {}", ddl::QuoteName(from), ddl::QuoteName(to)));
      for (const std::string& sql : again) transaction.Exec(sql);
      transaction.Exec(
          state_->Sql("update {L}.\"table\" set schema = $3::text, plan = "
                      "jsonb_set(plan::jsonb, '{schema}', to_jsonb($3::text))::json where run_id = "
                      "$1::text and schema = $2::text"),
          {state_->run_id, from, to});
      transaction.Exec(state_->Sql("update {L}.object set schema = $3::text where run_id = "
                                   "$1::text and schema = $2::text"),
                       {state_->run_id, from, to});
      transaction.Exec(state_->Sql("update {L}.object set name = $3::text where run_id = $1::text "
                                   "and kind = 'schema' and name = $2::text"),
                       {state_->run_id, from, to});
      if (!ours) {
        state_->Record(
            transaction, "schema", "", to, "", "created", ArchiveDetail(kNamespaceClass),
            "select oid from pg_catalog.pg_namespace where nspname = " + ddl::QuoteLiteral(to));
      }
      state_->Record(transaction, "schema rename", from, to, "", "created");
    }
  });
}

}  // namespace transload
