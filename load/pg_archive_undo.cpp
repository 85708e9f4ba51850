#include "load/pg_archive_undo.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <optional>
#include <set>

#include "load/ddl.h"
#include "load/pg_archive_objects.h"

namespace transload {
namespace {

constexpr const char* kTypeClass = "1247";  // pg_type, as objects' addresses name it

// These go with what they belong to.
const std::set<std::string>& GoesAlong() {
  static const std::set<std::string> kKinds = {"default value",    "trigger",      "rule",
                                               "policy",           "table column", "view column",
                                               "composite column", "index column"};
  return kKinds;
}

// The statement that drops an object which pg_identify_object describes so; nothing for what goes
// with another or has no DROP.
std::optional<std::string> DropStatement(const std::string& type, const std::string& identity) {
  if (GoesAlong().contains(type)) return std::nullopt;
  if (type == "table constraint" || type == "domain constraint") {
    const std::size_t on = identity.rfind(" on ");
    if (on == std::string::npos) return std::nullopt;
    return fmt::format("ALTER {} {} DROP CONSTRAINT {}",
                       type == "table constraint" ? "TABLE" : "DOMAIN", identity.substr(on + 4),
                       identity.substr(0, on));
  }
  if (type == "large object") return fmt::format("SELECT pg_catalog.lo_unlink({})", identity);
  if (type == "default acl" || type == "role" || type == "database") return std::nullopt;
  if (type == "user mapping") {
    const std::size_t on = identity.rfind(" on server ");
    if (on == std::string::npos) return std::nullopt;
    return fmt::format("DROP USER MAPPING FOR {} SERVER {}", identity.substr(0, on),
                       identity.substr(on + 11));
  }
  if (type == "subscription") {
    // Without this the server would ask the publisher for its slot, which no transaction may.
    return fmt::format(
        "ALTER SUBSCRIPTION {0} DISABLE; ALTER SUBSCRIPTION {0} SET (slot_name = "
        "NONE); DROP SUBSCRIPTION {0}",
        identity);
  }
  if (type == "transform") {
    const std::size_t on = identity.rfind(" on language ");
    if (on == std::string::npos) return std::nullopt;
    return fmt::format("DROP TRANSFORM {} LANGUAGE {}", identity.substr(0, on),
                       identity.substr(on + 13));
  }
  std::string words = type;
  if (words == "foreign-data wrapper") words = "foreign data wrapper";
  if (words == "statistics object") words = "statistics";
  std::transform(words.begin(), words.end(), words.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return fmt::format("DROP {} {}", words, identity);
}

// A default, trigger, policy or rule that stands by what its table or view needs, and so keeps both
// from being dropped: a policy by a function of the table's rows, say.
std::optional<std::string> LetGoStatement(SqlTransaction& transaction, const std::string& class_oid,
                                          const std::string& oid) {
  SqlRows found = transaction.Exec(
      "select type, object_names[1], object_names[2], object_names[3] from "
      "pg_catalog.pg_identify_object_as_address($1::bigint::oid, $2::bigint::oid, 0) where "
      "array_length(object_names, 1) = 3",
      {class_oid, oid});
  if (found.empty()) return std::nullopt;
  const std::string& type = found.Text(0, 0);
  const std::string part = ddl::QuoteName(found.Text(0, 3));
  const std::string relation = ddl::Qualified(found.Text(0, 1), found.Text(0, 2));
  if (type == "default value") {
    return fmt::format("ALTER TABLE {} ALTER COLUMN {} DROP DEFAULT", relation, part);
  }
  if (type == "trigger") return fmt::format("DROP TRIGGER {} ON {}", part, relation);
  if (type == "policy") return fmt::format("DROP POLICY {} ON {}", part, relation);
  if (type != "rule") return std::nullopt;
  if (found.Text(0, 3) != "_RETURN") return fmt::format("DROP RULE {} ON {}", part, relation);
  // A view without its query is a table; one with another needs nothing any more.
  return fmt::format(
      "CREATE OR REPLACE VIEW {} AS SELECT {}", relation,
      transaction
          .Exec("select string_agg(format('NULL::%s%s AS %I', format_type(a.atttypid, "
                "a.atttypmod), case when a.attcollation <> t.typcollation then format(' COLLATE "
                "%I.%I', n.nspname, l.collname) end, a.attname), ', ' order by a.attnum) from "
                "pg_catalog.pg_attribute a join pg_catalog.pg_type t on t.oid = a.atttypid left "
                "join pg_catalog.pg_collation l on l.oid = a.attcollation left join "
                "pg_catalog.pg_namespace n on n.oid = l.collnamespace where a.attrelid = "
                "$1::regclass and a.attnum > 0 and not a.attisdropped",
                {relation})
          .Text(0, 0));
}

// What DROP TYPE ... CASCADE takes along, the type itself included: "class:number" of objects, and
// their names for people.
using Cascade = std::map<std::string, std::string>;

// A base type and its functions need one another, which only CASCADE gets over. Empty where that
// would take along what is not `listed`, in a text[].
Cascade FollowType(SqlTransaction& transaction, const std::string& class_oid,
                   const std::string& oid, const std::string& listed) {
  const SqlRows rows = transaction.Exec(
      "with recursive goes(classid, objid, is_part) as (select $1::bigint::oid, $2::bigint::oid, "
      "true union select d.classid, d.objid, d.deptype = 'i' from pg_catalog.pg_depend d join goes "
      "g on d.refclassid = g.classid and d.refobjid = g.objid), things as (select classid, objid, "
      "classid || ':' || objid as key, bool_or(is_part) as is_part from goes group by 1, 2) select "
      "t.key, i.type || ' ' || i.identity from things t, lateral "
      "pg_catalog.pg_identify_object(t.classid, t.objid, 0) i where t.key = any ($3::text[]) and "
      "not exists (select from things where "
      "not is_part and key <> all ($3::text[]))",
      {class_oid, oid, listed});
  Cascade along;
  for (std::size_t row = 0; row < rows.size(); ++row) along[rows.Text(row, 0)] = rows.Text(row, 1);
  return along;
}

// Drops one of the types that are left with its functions; false when there is none. `rows`: of the
// ledger, with class and number of the object.
bool DropOneType(SqlTransaction& transaction, const SqlRows& rows, std::vector<std::size_t>& left,
                 const std::function<std::string(const std::string& statement)>& try_exec,
                 std::vector<std::string>& dropped) {
  const auto key = [&](std::size_t row) { return rows.Text(row, 5) + ":" + rows.Text(row, 4); };
  std::vector<std::string> keys;
  for (std::size_t row : left) keys.push_back(key(row));
  const std::string listed = fmt::format("{{{}}}", fmt::join(keys, ","));
  for (std::size_t row : left) {
    if (rows.Text(row, 5) != kTypeClass) continue;
    const Cascade cascade = FollowType(transaction, rows.Text(row, 5), rows.Text(row, 4), listed);
    const auto type = cascade.find(key(row));
    if (type == cascade.end() || !try_exec("DROP " + type->second + " CASCADE").empty()) continue;
    for (const auto& [gone, label] : cascade) dropped.push_back(label);
    std::erase_if(left, [&](std::size_t other) { return cascade.contains(key(other)); });
    return true;
  }
  return false;
}

}  // namespace

ArchiveUndo UndoArchiveObjects(
    SqlTransaction& transaction, const std::string& quoted_ledger, const std::string& run_id,
    const std::function<std::string(const std::string& statement)>& try_exec) {
  SqlRows rows = transaction.Exec(
      "select id, kind, schema, name, oid, substring(detail from " +
          std::string(kArchiveClassPattern) + ") from " + quoted_ledger +
          ".object where run_id = $1::text and action = 'created' and oid <> 0 and detail like "
          "'archive class %' order by id desc",
      {run_id});
  ArchiveUndo result;
  std::vector<std::size_t> left(rows.size());
  for (std::size_t i = 0; i < left.size(); ++i) left[i] = i;
  std::vector<std::string> problems;
  std::vector<std::size_t> along;
  // The order of making is a good guess at the order of needing; views that lean on one another
  // and the like take another round.
  for (bool progress = true; progress && !left.empty();) {
    progress = false;
    problems.clear();
    std::vector<std::size_t> stay;
    for (std::size_t row : left) {
      SqlRows found = transaction.Exec(
          "select type, identity from pg_catalog.pg_identify_object($1::bigint::oid, "
          "$2::bigint::oid, 0) where identity is not null",
          {rows.Text(row, 5), rows.Text(row, 4)});
      if (found.empty()) continue;  // went with what it belonged to
      std::optional<std::string> drop = DropStatement(found.Text(0, 0), found.Text(0, 1));
      if (!drop) {
        if (GoesAlong().contains(found.Text(0, 0))) along.push_back(row);
        continue;
      }
      const std::string label = fmt::format("{} {}", found.Text(0, 0), found.Text(0, 1));
      if (std::string problem = try_exec(*drop); !problem.empty()) {
        stay.push_back(row);
        problems.push_back(label + ": " + problem);
        continue;
      }
      result.dropped.push_back(label);
      progress = true;
    }
    left = std::move(stay);
    if (progress || left.empty()) continue;
    for (std::size_t row : along) {
      std::optional<std::string> let_go =
          LetGoStatement(transaction, rows.Text(row, 5), rows.Text(row, 4));
      if (let_go && try_exec(*let_go).empty()) progress = true;
    }
    along.clear();
    if (progress) continue;
    if (DropOneType(transaction, rows, left, try_exec, result.dropped)) {
      problems.clear();
      progress = true;
    }
  }
  result.in_the_way = std::move(problems);
  return result;
}

}  // namespace transload
