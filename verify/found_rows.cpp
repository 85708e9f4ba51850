#include "verify/found_rows.h"

#include <algorithm>
#include <iterator>

namespace transload {
namespace {

constexpr std::size_t kBytesAtOnce = std::size_t{12} << 20;
// Of a row beside its bytes.
constexpr std::size_t kRowBytes = 128;

}  // namespace

void FoundRows::Add(Leftovers&& rows, const PartitionRange& range) {
  if (!told_ || (rows.source.empty() && rows.target.empty())) return;
  any_ = true;
  if (ranges_.empty() || !(ranges_.back() == range)) ranges_.push_back(range);
  if (!rows_known_) return;
  auto move = [this](std::vector<LeftoverRow>& from, std::vector<LeftoverRow>& to) {
    for (const LeftoverRow& row : from) bytes_ += kRowBytes + row.fields.size() + row.name.size();
    to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
  };
  move(rows.source, rows_.source);
  move(rows.target, rows_.target);
  if (bytes_ <= kBytesAtOnce) return;
  if (!account_.table->key_columns().empty()) {
    Tell();
    return;
  }
  // Without a key every part would have the server look through the whole table.
  rows_known_ = false;
  rows_ = {};
}

void FoundRows::Finish() {
  if (any_) Tell();
}

void FoundRows::Tell() {
  told_({account_, ranges_, rows_, rows_known_, source_, partitioned_});
  Forget();
}

void FoundRows::Forget() {
  rows_ = {};
  ranges_.clear();
  bytes_ = 0;
  any_ = false;
}

}  // namespace transload
