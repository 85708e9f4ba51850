// Plans of tables as JSON, for the ledger: a resume takes its types from here, never from a fresh
// plan.
//
// Reading back gives an equal plan: FromJson(ToJson(p)) == p. A field that is missing keeps its
// default, so that a plan written by an older version can be read.
#ifndef TRANSLOAD_CORE_PLAN_JSON_H_
#define TRANSLOAD_CORE_PLAN_JSON_H_

#include <cstddef>
#include <set>
#include <string>
#include <string_view>

#include "core/options.h"
#include "core/plan.h"
#include "core/source_schema.h"

namespace transload {

std::string ToJson(const TablePlan& table);
TablePlan TablePlanFromJson(std::string_view json);

// What a run's result depends on, as one JSON document: the options that decide what the target
// becomes (not jobs, rates, deadlines, verbosity, nor anything secret), a digest of the type rules,
// and the source's catalogue without its estimates and counters.
std::string InputsJson(const Options& options, const SourceCatalogue& catalogue,
                       std::string_view rules_digest);
// 32 hex digits over InputsJson: equal inputs, equal fingerprints.
std::string InputFingerprint(const Options& options, const SourceCatalogue& catalogue,
                             std::string_view rules_digest);
// 32 hex digits over any text.
std::string TextFingerprint(std::string_view text);
// What differs between two InputsJson documents, a line each: "table shop.orders: column note is
// new". Empty when nothing does. Of the user's SQL steps only those count that have run: their
// positions, from 1.
std::string DescribeDrift(std::string_view old_json, std::string_view new_json,
                          const std::set<std::size_t>& ran_steps = {});

}  // namespace transload

#endif  // TRANSLOAD_CORE_PLAN_JSON_H_
