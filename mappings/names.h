// Names in the target: folding, PostgreSQL's limits, and one namespace per schema.
//
// PostgreSQL cuts identifiers at 63 bytes in silence, after which two of them may be one; tables,
// indexes, sequences and types of a schema share one namespace, where a MySQL index name only has
// to be unique within its table. So every name is fitted and allocated here, the same way each
// time, and every name that could not stay as it was is kept for the report.
#ifndef TRANSLOAD_MAPPINGS_NAMES_H_
#define TRANSLOAD_MAPPINGS_NAMES_H_

#include <string>
#include <string_view>
#include <unordered_map>

#include "core/options.h"

namespace transload {

// kLower: ASCII to lower case. kPreserve: unchanged. kSnake: "orderItems", "Order Items" and
// "order-items" become order_items.
std::string FoldName(std::string_view name, Identifiers identifiers);

// A name PostgreSQL keeps whole: up to 63 bytes as it is, else cut at a character within 54 bytes,
// then '_' and 8 hex digits of the whole name's hash.
std::string FitName(const std::string& name);

// True for names that a column cannot have even quoted: xmin, ctid, tableoid and their kin.
bool IsSystemColumn(std::string_view name);

// One namespace: a schema's relations and types, a table's columns, a table's constraints.
class NameRegistry {
 public:
  // `name` if it is free, else with _2, _3, ... appended; fitted either way. `owner` is remembered
  // for messages.
  std::string Allocate(const std::string& name, const std::string& owner);
  // Takes the name when it is free; false when it is not.
  bool Take(const std::string& name, const std::string& owner);
  // Who has the name: "index idx_name of shop.a"; empty when it is free.
  std::string Owner(const std::string& name) const;

 private:
  std::unordered_map<std::string, std::string> owners_;
  // The next suffix to try for a name, so that many clashes on one name stay linear.
  std::unordered_map<std::string, int> next_suffix_;
};

}  // namespace transload

#endif  // TRANSLOAD_MAPPINGS_NAMES_H_
