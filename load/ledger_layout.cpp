#include "load/ledger_layout.h"

#include <fmt/format.h>

#include "load/ddl.h"

namespace transload {
namespace {

// The layout of ledger_schema.sql. No release has had another one; the first that changes it brings
// the statements that turn an older one into it, run in the transaction of Ledger::Open().
constexpr int kSchemaVersion = 1;

constexpr const char* kVersionTable = "{version}";
constexpr const char* kOtherTables = "{run,table,partition,lane,reject,coercion,object}";

// `tables` is an array of names.
std::string WhyTablesUnfit(SqlTransaction& transaction, const std::string& schema,
                           const char* tables, LedgerUse use) {
  const SqlRows unfit = transaction.Exec(
      "select w.name, pg_catalog.pg_get_userbyid(c.relowner) from unnest($2::text[]) w(name) join "
      "pg_catalog.pg_namespace n on n.nspname = $1::text left join pg_catalog.pg_class c on "
      "c.relnamespace = n.oid and c.relname = w.name where c.oid is null or not "
      "(pg_catalog.has_schema_privilege(n.oid, 'usage') and "
      "pg_catalog.has_table_privilege(c.oid, 'select')) or $3::boolean and not "
      "(pg_catalog.has_table_privilege(c.oid, 'insert') and "
      "pg_catalog.has_table_privilege(c.oid, 'update') and "
      "pg_catalog.has_table_privilege(c.oid, 'delete')) order by c.oid is not null limit 1",
      {schema, tables, use == LedgerUse::kWrite ? "true" : "false"});
  if (unfit.empty()) return "";
  if (unfit.Null(0, 1)) {
    return fmt::format(
        "the ledger in schema {} is damaged: it has no table {}; put it back, or take another "
        "--ledger-schema",
        schema, unfit.Text(0, 0));
  }
  return fmt::format(
      "no privilege to {} the ledger in schema {} (its table {}), which belongs to {}: connect as "
      "that role, or take another --ledger-schema",
      use == LedgerUse::kWrite ? "read and write" : "read", schema, unfit.Text(0, 0),
      unfit.Text(0, 1));
}

std::string WhyVersionUnfit(SqlTransaction& transaction, const std::string& schema) {
  const SqlRows row =
      transaction.Exec("select max(version) from " + ddl::Qualified(schema, "version"));
  if (row.Null(0, 0)) {
    return fmt::format(
        "the ledger in schema {} is damaged: its table version is empty; put it back, or take "
        "another --ledger-schema",
        schema);
  }
  const int found = static_cast<int>(row.Int(0, 0));
  if (found == kSchemaVersion) return "";
  return fmt::format(
      "the ledger in schema {} was made by {} transload (its layout is {}, known here is {}): use "
      "that version, or another --ledger-schema",
      schema, found > kSchemaVersion ? "a newer" : "an older", found, kSchemaVersion);
}

}  // namespace

bool HasLedger(SqlTransaction& transaction, const std::string& schema) {
  return !transaction
              .Exec(
                  "select 1 from pg_catalog.pg_class c join pg_catalog.pg_namespace n on "
                  "n.oid = c.relnamespace where n.nspname = $1::text and c.relname = 'version'",
                  {schema})
              .empty();
}

std::string WhyLedgerUnfit(SqlTransaction& transaction, const std::string& schema, LedgerUse use) {
  if (!HasLedger(transaction, schema)) {
    const SqlRows found = transaction.Exec(
        "select exists (select from pg_catalog.pg_class where relnamespace = n.oid) or exists "
        "(select from pg_catalog.pg_proc where pronamespace = n.oid) or exists (select from "
        "pg_catalog.pg_type where typnamespace = n.oid) from pg_catalog.pg_namespace n where "
        "n.nspname = $1::text",
        {schema});
    if (found.empty() || !found.Bool(0, 0)) return "";
    return fmt::format(
        "schema {} exists, is not empty and holds no ledger: choose another --ledger-schema",
        schema);
  }
  // The layout before what stands in it: another one may have other tables.
  std::string why = WhyTablesUnfit(transaction, schema, kVersionTable, LedgerUse::kRead);
  if (why.empty()) why = WhyVersionUnfit(transaction, schema);
  return why.empty() ? WhyTablesUnfit(transaction, schema, kOtherTables, use) : why;
}

}  // namespace transload
