// The source's rows, read again in the snapshot and encoded as the copy encodes them.
#ifndef TRANSLOAD_VERIFY_READ_SOURCE_H_
#define TRANSLOAD_VERIFY_READ_SOURCE_H_

#include <cstdint>
#include <functional>
#include <vector>

#include "core/copy_block.h"
#include "core/row_batch.h"
#include "extract/source.h"
#include "transform/bound_table.h"
#include "verify/accounts.h"
#include "verify/sub_sums.h"
#include "verify/tuples.h"

namespace transload {

// Reads one range and sums its rows. Rows that cannot be encoded count as rejected. `moved` gets
// the rows and source bytes of each batch and may throw to stop. When this throws, the reader's
// query is still open: Abandon() it. `sub_sums`, when given, get the rows too.
PartitionAccount HashSourceRange(RowReader& reader, const BoundTable& table,
                                 const PartitionRange& range,
                                 const std::function<void(std::uint64_t, std::uint64_t)>& moved,
                                 SubSums* sub_sums = nullptr);

class SourceSide : public TupleSide {
 public:
  // `check` is called between batches and may throw to stop.
  SourceSide(RowReader& reader, const BoundTable& table, std::function<void()> check);
  void Read(const std::vector<PartitionRange>& ranges, const TupleSink& sink) override;
  std::uint64_t bytes() const override { return bytes_; }

 private:
  void HandOver(const TupleSink& sink) const;

  RowReader& reader_;
  const BoundTable& table_;
  std::function<void()> check_;
  RowBatch batch_;
  CopyBlock block_;
  std::uint64_t bytes_ = 0;
};

}  // namespace transload

#endif  // TRANSLOAD_VERIFY_READ_SOURCE_H_
