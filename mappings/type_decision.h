// Which PostgreSQL type a column gets, and who decided: the user's maps first, then the rules.
#ifndef TRANSLOAD_MAPPINGS_TYPE_DECISION_H_
#define TRANSLOAD_MAPPINGS_TYPE_DECISION_H_

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/pg_type.h"
#include "mappings/planner.h"
#include "mappings/selection.h"
#include "mappings/type_rules.h"

namespace transload {

struct TypeDecision {
  // Without a value no rule covers the column.
  std::optional<PgType> type;
  std::optional<PgType> safe;      // the column is optimistic
  const TypeRule* rule = nullptr;  // nullptr: the user's map, or no rule
  bool overridden = false;
  std::string by;  // for ColumnPlan::rule
  std::string note;
  std::string decode;
  std::string check;  // TypeRule::check
};

// How a column stands in its table, as far as its type depends on that.
struct ColumnStanding {
  const SourceTable& table;
  const SourceColumn& column;
  const ColumnOptions* options = nullptr;
  const Policies& policies;
  bool in_key = false;  // primary, unique or foreign
  const ColumnFacts* facts = nullptr;
};

class TypeDecider {
 public:
  explicit TypeDecider(const PlanRequest& request);

  TypeDecision Decide(const ColumnStanding& standing) const;
  // The rule that applies, whatever the user's maps say; nullptr when none does. Facts that are
  // missing count as an empty column, so that the question "does it depend on the data" can be
  // asked before there are any.
  const TypeRule* RuleOf(const ColumnStanding& standing) const;
  // True when a map of the user decides.
  bool Overridden(const ColumnStanding& standing) const;

  // --map entries that no column matched so far, each with its place.
  std::vector<const MapRule*> UnusedMaps() const;

 private:
  const MapRule* FindMap(const ColumnStanding& standing) const;
  // What the user asks for; nothing when he leaves it to the rules.
  std::optional<TypeDecision> AsMapped(const ColumnStanding& standing) const;
  // A rule's type with the column's own numbers; `by` is the rule, for an error.
  PgType RuleType(const std::string& type, const ColumnStanding& standing,
                  const std::string& by) const;
  PgType UserType(const std::string& text, const std::string& where) const;

  const PlanRequest& request_;
  const TypeRules& rules_;
  std::vector<std::string> map_types_;  // normalised, parallel to options.maps
  std::unordered_map<std::string, std::size_t> map_columns_;  // by normalised column
  mutable std::vector<bool> used_;
};

// Facts by column, so that 10,000 tables do not search a list.
class FactsIndex {
 public:
  explicit FactsIndex(const std::vector<ColumnFacts>& facts);
  const ColumnFacts* Find(const SourceTable& table, const std::string& column) const;

 private:
  std::unordered_map<std::string, const ColumnFacts*> by_column_;
};

// The policies of one column: the run's, the table's, its own. Throws a usage error with the place
// for a policy that is not one.
Policies PoliciesFor(const Options& options, const SelectedTable& table, const std::string& column);

}  // namespace transload

#endif  // TRANSLOAD_MAPPINGS_TYPE_DECISION_H_
