// One index of the source as PostgreSQL can have it, or why it can't.
#ifndef TRANSLOAD_MAPPINGS_INDEX_BUILDER_H_
#define TRANSLOAD_MAPPINGS_INDEX_BUILDER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "mappings/planner.h"
#include "mappings/type_decision.h"

namespace transload {

struct BuiltIndex {
  std::optional<IndexPlan> plan;  // without a name
  std::string why;                // why there is none
  std::vector<std::string> hazards;
};

// Borrows everything; the table's columns are final.
class IndexBuilder {
 public:
  IndexBuilder(const PlanRequest& request, const FactsIndex& facts, const SourceTable& source,
               const TablePlan& table)
      : request_(request), facts_(facts), source_(source), table_(table) {}

  BuiltIndex Build(const SourceIndex& index) const;

 private:
  const ColumnPlan* Column(const std::string& source_name) const;
  BuiltIndex Btree(const SourceIndex& index) const;
  BuiltIndex Fulltext(const SourceIndex& index) const;
  BuiltIndex Spatial(const SourceIndex& index) const;
  // One part of a btree; where there is none, out.why says why.
  IndexPartPlan Part(const SourceIndex& index, const SourceIndexPart& part, BuiltIndex& out) const;
  IndexPartPlan PrefixPart(const SourceIndex& index, const SourceIndexPart& part,
                           const ColumnPlan& column) const;
  // The most bytes the values of a column take; what is known of them counts before what is
  // declared.
  std::uint64_t Bytes(const ColumnPlan& column, std::int64_t prefix, bool& known) const;
  void LimitWidth(const SourceIndex& index, BuiltIndex& out) const;
  void ReplaceWideParts(const SourceIndex& index, BuiltIndex& out) const;
  void DecideConstraint(const SourceIndex& index, BuiltIndex& out) const;
  void NoteCollations(const SourceIndex& index, BuiltIndex& out) const;

  const PlanRequest& request_;
  const FactsIndex& facts_;
  const SourceTable& source_;
  const TablePlan& table_;
};

// True for an index whose parts are all whole columns and which holds every row: what a foreign key
// may point at.
bool IsPlainUnique(const IndexPlan& index);

}  // namespace transload

#endif  // TRANSLOAD_MAPPINGS_INDEX_BUILDER_H_
