// Differing rows of one table on their way to a repair: together where they are few, else in parts
// of some MiB.
#ifndef TRANSLOAD_VERIFY_FOUND_ROWS_H_
#define TRANSLOAD_VERIFY_FOUND_ROWS_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "extract/source.h"
#include "verify/accounts.h"
#include "verify/repair.h"
#include "verify/row_match.h"
#include "verify/temporary_file.h"

namespace transload {

class FoundRows {
 public:
  using Told = std::function<void(const DrilledTable&)>;

  // All are borrowed; without `told` nothing is kept. `source` is what the rows were read from.
  // `partitioned`: the target's table.
  FoundRows(const TableAccount& account, RowReader& source, bool partitioned, const Told& told)
      : account_(account), source_(source), partitioned_(partitioned), told_(told) {}

  // Rows of a range. No query is open on either side meanwhile.
  void Add(Leftovers&& rows, const PartitionRange& range);
  // From here on nothing is told: parts are put aside in a file, until they are kept or dropped.
  void Hold();
  void Keep();
  void Drop();
  // After the last part. Nothing is told where nothing was added.
  void Finish();

 private:
  struct Part {
    std::vector<PartitionRange> ranges;
    std::uint64_t at = 0;
    std::size_t bytes = 0;
  };
  struct Held {
    TemporaryFile file;
    std::vector<Part> parts;
  };

  void EndPart();
  void PutAside();
  void Tell();
  void Clear();

  const TableAccount& account_;
  RowReader& source_;
  bool partitioned_;
  const Told& told_;
  std::unique_ptr<Held> held_;
  Leftovers rows_;
  std::vector<PartitionRange> ranges_;
  std::size_t bytes_ = 0;
  bool any_ = false;
  bool rows_known_ = true;
};

}  // namespace transload

#endif  // TRANSLOAD_VERIFY_FOUND_ROWS_H_
