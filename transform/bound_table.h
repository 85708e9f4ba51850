// One generation of a table, bound for copying: which columns are read, what the target really has,
// and the encoders between the two. Made once per table and generation, shared by all lanes.
#ifndef TRANSLOAD_TRANSFORM_BOUND_TABLE_H_
#define TRANSLOAD_TRANSFORM_BOUND_TABLE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/pg_type.h"
#include "core/plan.h"
#include "core/read_request.h"
#include "transform/canonical.h"
#include "transform/row_encoder.h"

namespace transload {

class BoundTable {
 public:
  // `targets` is what pg_attribute says of the copied columns, in the plan's order. Throws a
  // refused Error when there is no encoder for one of them.
  BoundTable(std::int64_t table_id, std::int64_t generation, TablePlan plan,
             std::vector<TargetColumn> targets, std::uint64_t hash_seed);

  std::int64_t table_id() const { return table_id_; }
  std::int64_t generation() const { return generation_; }
  const TablePlan& plan() const { return plan_; }
  // The columns that are copied, in the order of cells and of fields.
  const std::vector<ColumnPlan>& columns() const { return columns_; }
  const std::vector<TargetColumn>& targets() const { return targets_; }
  const RowEncoder& encoder() const { return encoder_; }
  const RowCanonicaliser& canonicaliser() const { return canonicaliser_; }

  // From now on Request() is for this share of the rows, the same ones each time.
  void ReadSample(double percent) { sample_percent_ = percent; }
  bool sampled() const { return sample_percent_.has_value(); }
  // What a reader is to read for one partition.
  ReadRequest Request(const PartitionRange& range) const;
  // Names a row for people, by its key or, without one, by its first columns: "id=17".
  std::string NameRow(std::string_view row) const;
  // The same for one row of the source whenever it is read, and for no other: a digest of its key
  // or, without one, of the whole row.
  std::string IdentifyRow(std::string_view row) const;
  // One cell of a row, as a person reads it.
  std::string ShowCell(std::string_view row, std::size_t column) const;
  // The position of a planned column among all of the plan's, for Replan.
  std::size_t PlanColumn(std::size_t copied_column) const { return plan_positions_[copied_column]; }
  // The copied columns of the table's key, or none.
  const std::vector<std::size_t>& key_columns() const { return key_columns_; }

 private:
  std::string Shown(const Cell& cell, std::size_t column) const;

  std::int64_t table_id_;
  std::int64_t generation_;
  TablePlan plan_;
  std::optional<double> sample_percent_;
  std::vector<std::size_t> plan_positions_;
  std::vector<ColumnPlan> columns_;
  std::vector<TargetColumn> targets_;
  std::vector<std::size_t> key_columns_;
  RowEncoder encoder_;
  RowCanonicaliser canonicaliser_;
};

}  // namespace transload

#endif  // TRANSLOAD_TRANSFORM_BOUND_TABLE_H_
