// From rows as a source hands them over to tuples of PostgreSQL's binary COPY.
//
// One field encoder is bound per copied column before the first row; encoding a row is then a walk
// over its cells without a type switch and, once warm, without an allocation. A cell that cannot be
// represented becomes a CellFault and its row is left out. Pure functions: no I/O, no locks.
#ifndef TRANSLOAD_TRANSFORM_ROW_ENCODER_H_
#define TRANSLOAD_TRANSFORM_ROW_ENCODER_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "core/copy_block.h"
#include "core/pg_type.h"
#include "core/plan.h"
#include "core/row_batch.h"

namespace transload {

// Immutable and safe to use from several threads at once after construction.
class RowEncoder {
 public:
  // `columns[i]` is the i-th cell of a batch's rows and the i-th field of the tuple; `targets[i]`
  // is what pg_attribute says of the column it goes to, and it is that type that is written.
  // `hash_seed` is the run's. Throws a refused Error that names the column, the source type and
  // the target type when there is no encoder for the pair.
  RowEncoder(const std::vector<ColumnPlan>& columns, const std::vector<TargetColumn>& targets,
             std::uint64_t hash_seed);
  ~RowEncoder();
  RowEncoder(RowEncoder&&) noexcept;
  RowEncoder& operator=(RowEncoder&&) noexcept;

  // Appends every row of the batch to `block`. Rows with a fault are left out of `block.bytes` and
  // listed in `block.faults` with the first faulty column. `keep_row_starts` fills
  // `block.row_starts`, which only bisecting a refused block needs.
  void Encode(const RowBatch& batch, CopyBlock& block, bool keep_row_starts) const;

 private:
  struct State;
  std::unique_ptr<const State> state_;
};

}  // namespace transload

#endif  // TRANSLOAD_TRANSFORM_ROW_ENCODER_H_
