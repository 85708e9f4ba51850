// --rename-schema for whole migrations between PostgreSQL servers.
//
// pg_dump's SQL names schemas everywhere, and is not rewritten. Everything is made and loaded under
// the names that it has at the source; when all stands and is proven, the schemas are renamed in
// one transaction with the ledger's names of them. Expressions, views and keys hold numbers, not
// names, and follow; what is kept as text (bodies of functions) does not, and is told.
#ifndef TRANSLOAD_PIPELINE_POSTGRES_RENAME_H_
#define TRANSLOAD_PIPELINE_POSTGRES_RENAME_H_

#include <map>
#include <string>
#include <vector>

#include "core/plan.h"
#include "core/source_facts.h"
#include "pipeline/endpoints.h"

namespace transload {

// Of a whole migration from a PostgreSQL source; empty for any other.
std::map<std::string, std::string> RenamesOf(const Endpoints& ends);

// The target schemas of a plan, as the ledger calls a run by them: sorted, joined by ',', under the
// names that they end with.
std::string TargetSchemas(const Endpoints& ends, const MigrationPlan& plan);

// How the ledger's list of made objects calls a rename that is done.
std::string RenameKey(const std::string& from, const std::string& to);

// What stands in the way in a target that no start of the run has touched.
std::vector<PreflightItem> CheckRenames(Endpoints& ends);

// The plan's tables under the names that they are made by.
void UseSourceSchemas(std::vector<TablePlan>& tables);
// And by those that they end with.
void UseTargetSchemas(std::vector<TablePlan>& tables,
                      const std::map<std::string, std::string>& renames);

// Sentences about functions of the target that still name a schema as it was.
std::vector<std::string> OldNamesInText(Endpoints& ends,
                                        const std::map<std::string, std::string>& renames);

}  // namespace transload

#endif  // TRANSLOAD_PIPELINE_POSTGRES_RENAME_H_
