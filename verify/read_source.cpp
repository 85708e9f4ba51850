#include "verify/read_source.h"

#include <algorithm>

namespace transload {
namespace {

// Each tuple starts with its int16 field count.

}  // namespace

PartitionAccount HashSourceRange(RowReader& reader, const BoundTable& table,
                                 const PartitionRange& range,
                                 const std::function<void(std::uint64_t, std::uint64_t)>& moved,
                                 SubSums* sub_sums) {
  PartitionAccount account;
  account.range = range;
  RowBatch batch;
  CopyBlock block;
  reader.Open(table.Request(range));
  for (bool more = true; more;) {
    batch.Clear();
    block.Clear();
    more = reader.Read(batch);
    table.encoder().Encode(batch, block, sub_sums != nullptr);
    if (sub_sums != nullptr) sub_sums->AddBlock(block, table.canonicaliser());
    account.read += batch.rows();
    account.written += block.rows;
    account.rejected += block.faults.size();
    account.checksum.Add(block.checksum);
    if (moved) moved(batch.rows(), batch.bytes());
  }
  return account;
}

SourceSide::SourceSide(RowReader& reader, const BoundTable& table, std::function<void()> check)
    : reader_(reader), table_(table), check_(std::move(check)) {}

void SourceSide::Read(const std::vector<PartitionRange>& ranges, const TupleSink& sink) {
  for (const PartitionRange& range : ranges) {
    reader_.Open(table_.Request(range));
    for (bool more = true; more;) {
      batch_.Clear();
      block_.Clear();
      more = reader_.Read(batch_);
      bytes_ += batch_.bytes();
      table_.encoder().Encode(batch_, block_, true);
      HandOver(sink);
      if (check_) check_();
    }
  }
}

void SourceSide::HandOver(const TupleSink& sink) const {
  std::vector<bool> faulty(batch_.rows());
  for (const CellFault& fault : block_.faults) faulty[fault.row] = true;
  const std::string_view bytes = block_.bytes.view();
  std::size_t tuple = 0;
  for (std::size_t row = 0; row < batch_.rows(); ++row) {
    if (faulty[row]) {
      sink({{}, batch_.Row(row), true});
      continue;
    }
    const std::size_t start = block_.row_starts[tuple++];
    const std::size_t end = tuple < block_.rows ? block_.row_starts[tuple] : bytes.size();
    sink({bytes.substr(start + kFieldCountBytes, end - start - kFieldCountBytes), batch_.Row(row),
          false});
  }
}

}  // namespace transload
