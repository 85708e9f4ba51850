// Plans as PostgreSQL statements. Pure functions: what `plan --ddl` prints is what `run` executes.
// Names are always quoted; only fields that end in _sql are taken as SQL.
#ifndef TRANSLOAD_LOAD_DDL_H_
#define TRANSLOAD_LOAD_DDL_H_

#include <string>
#include <string_view>
#include <vector>

#include "core/plan.h"

namespace transload::ddl {

std::string QuoteName(std::string_view name);     // "a""b"; throws for NUL and for empty names
std::string QuoteLiteral(std::string_view text);  // 'it''s'; throws for NUL
std::string Qualified(std::string_view schema, std::string_view name);
std::string ColumnList(const std::vector<std::string>& names);  // "a", "b"

// Statements come without a final semicolon. `version_num`: the target's, 150000 for 15.
std::string CreateSchema(std::string_view name);
std::string CreateCollation(const CollationPlan& collation);
std::string CreateEnum(const EnumTypePlan& type);
std::string CreateTable(const TablePlan& table, bool autovacuum_off);
std::string CreateSequence(const SequencePlan& sequence);
std::string DropNotNull(const TablePlan& table, const std::string& column);
// One or two statements: the index, and the constraint made from it.
std::vector<std::string> CreateIndex(const TablePlan& table, const IndexPlan& index,
                                     int version_num);
// The rows that are one to a unique index.
std::string FindClashes(const TablePlan& table, const IndexPlan& index);
std::string AddForeignKey(const TablePlan& table, const ForeignKeyPlan& key);
std::string ValidateConstraint(const TablePlan& table, std::string_view name);
std::string FindOrphans(const TablePlan& table, const ForeignKeyPlan& key);
std::string CountOrphans(const TablePlan& table, const ForeignKeyPlan& key);
std::string AddCheck(const TablePlan& table, const CheckPlan& check);
std::vector<std::string> Comments(const TablePlan& table);
// The function, then the trigger.
std::vector<std::string> TouchTrigger(const TablePlan& table, const TouchTriggerPlan& trigger,
                                      int version_num);
// What is made beside a table and outlives it: its enum types, the functions of its triggers.
std::vector<std::string> DropBesides(const TablePlan& table);
// `grant`: "SELECT, INSERT TO reporting". Throws a usage error for anything but plain words, TO and
// a role's name.
// "SELECT, INSERT TO reporting". Throws a usage error when it is nothing of the kind.
struct GrantParts {
  std::string privileges;
  std::string role;  // PUBLIC is everybody
};
GrantParts ParseGrant(std::string_view grant);
std::string Grant(const TablePlan& table, std::string_view grant);
std::string CopyIn(std::string_view schema, std::string_view table,
                   const std::vector<std::string>& columns);

// The whole plan in the order of a run, each statement ended by ";\n".
std::string Script(const MigrationPlan& plan, int version_num);

}  // namespace transload::ddl

#endif  // TRANSLOAD_LOAD_DDL_H_
