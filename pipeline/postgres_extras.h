// What a PostgreSQL source has besides definitions and rows: sequences' values, large objects; and
// what only both ends together can tell before a run.
#ifndef TRANSLOAD_PIPELINE_POSTGRES_EXTRAS_H_
#define TRANSLOAD_PIPELINE_POSTGRES_EXTRAS_H_

#include <set>
#include <string>
#include <vector>

#include "core/plan.h"
#include "core/source_facts.h"
#include "extract/postgres/postgres_source.h"
#include "pipeline/endpoints.h"
#include "pipeline/object_workers.h"

namespace transload {

// What a server's version number holds of its major version.
inline constexpr int kMajor = 10000;

// The different lines of a query's answer.
std::set<std::string> Lines(const std::string& text);

// The source as PostgreSQL, or null.
postgres::PostgresSource* AsPostgres(Endpoints& ends);

// Gives the target's sequences of the same names the values that the source's have now, which may
// be ahead of the snapshot. `forward_only`: one that stands further in the target stays there.
void SetPostgresSequences(Endpoints& ends, ObjectWorkers& workers,
                          const std::vector<SourceSequence>& sequences, bool forward_only);

// Large objects under their own numbers, with owner, privileges and comment, compared piece by
// piece as they are written.
void MoveLargeObjects(Endpoints& ends, ObjectWorkers& workers, const std::set<std::string>& made);

// How many there are and when they are moved, for plan and preflight. Empty when there are none, or
// when the options leave them out.
std::string TellOfLargeObjects(Endpoints& ends);

// Of the source alone, and of the target alone, whatever the source is: both at the same time.
std::vector<PreflightItem> PreflightSides(Endpoints& ends, const MigrationPlan& plan);

// Versions, pg_dump, roles, tablespaces, extensions, encodings and collations of both ends. Nothing
// for other sources.
std::vector<PreflightItem> PreflightPostgresPair(Endpoints& ends, const MigrationPlan& plan);

}  // namespace transload

#endif  // TRANSLOAD_PIPELINE_POSTGRES_EXTRAS_H_
