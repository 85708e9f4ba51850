// A lane without servers: a source that hands out prepared batches, a target that takes them.
#ifndef TRANSLOAD_BENCH_SCRIPTED_LANE_H_
#define TRANSLOAD_BENCH_SCRIPTED_LANE_H_

#include <cstdint>
#include <optional>
#include <string>

#include "bench/reference_row.h"
#include "core/error.h"
#include "extract/source.h"
#include "pipeline/partition_move.h"

namespace transload::bench {

// Hands out the same batch of reference rows over and over, copied cell by cell as a client
// library's rows are.
class ScriptedReader : public RowReader {
 public:
  ScriptedReader() {
    for (std::uint64_t n = 1; !script_.full(); ++n) AppendReferenceRow(script_, n);
  }

  void Reads(std::uint64_t batches) { left_ = batches; }
  std::uint64_t rows_per_batch() const { return script_.rows(); }
  std::uint64_t bytes_per_batch() const { return script_.bytes(); }

  void Open(const ReadRequest&) override {}
  bool Read(RowBatch& batch) override {
    for (std::size_t row = 0; row < script_.rows(); ++row) {
      batch.BeginRow();
      for (CellCursor cells(script_.Row(row)); !cells.done();) {
        const Cell cell = cells.Next();
        if (cell.null) {
          batch.AppendNull();
        } else {
          batch.AppendCell(cell.data, cell.size);
        }
      }
    }
    return --left_ > 0;
  }
  void Abandon() override {}
  void Cancel() noexcept override {}
  std::uint64_t CountRows(const std::string&, const std::string&, const std::string&) override {
    return 0;
  }
  std::optional<KeyBound> BoundaryAfter(const std::string&, const std::string&,
                                        const PartitionRange&, std::uint64_t) override {
    return std::nullopt;
  }

 private:
  RowBatch script_;
  std::uint64_t left_ = 1;
};

class NullSink : public BlockSink {
 public:
  void Write(const CopyBlock& block) override { bytes_ += block.bytes.size(); }
  std::optional<Error> TryWrite(std::string_view tuples) override {
    bytes_ += tuples.size();
    return std::nullopt;
  }
  void Reject(const BadRow& row) override {
    throw BugError("a reference row was rejected: " + row.reason);
  }
  void Cancel() noexcept override {}

  std::uint64_t bytes() const { return bytes_; }

 private:
  std::uint64_t bytes_ = 0;
};

}  // namespace transload::bench

#endif  // TRANSLOAD_BENCH_SCRIPTED_LANE_H_
