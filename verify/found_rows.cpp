#include "verify/found_rows.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "core/row_batch.h"

namespace transload {
namespace {

constexpr std::size_t kBytesAtOnce = std::size_t{12} << 20;
// Of a row beside its bytes.
constexpr std::size_t kRowBytes = 128;

// A side's rows: their number, then each with its length.
void AppendRows(const std::vector<LeftoverRow>& rows, std::string& bytes) {
  auto put = [&bytes](std::size_t number) {
    char word[4];
    StoreBe32(word, static_cast<std::uint32_t>(number));
    bytes.append(word, sizeof word);
  };
  put(rows.size());
  for (const LeftoverRow& row : rows) {
    put(row.fields.size());
    bytes += row.fields;
  }
}

std::vector<LeftoverRow> TakeRows(std::string_view& bytes) {
  auto take = [&bytes] {
    const std::uint32_t number = LoadBe32(bytes.data());
    bytes.remove_prefix(4);
    return number;
  };
  std::vector<LeftoverRow> rows(take());
  for (LeftoverRow& row : rows) {
    row.fields = bytes.substr(0, take());
    bytes.remove_prefix(row.fields.size());
  }
  return rows;
}

}  // namespace

void FoundRows::Add(Leftovers&& rows, const PartitionRange& range) {
  if (!told_ || (rows.source.empty() && rows.target.empty())) return;
  any_ = true;
  if (ranges_.empty() || !(ranges_.back() == range)) ranges_.push_back(range);
  if (!rows_known_) return;
  auto move = [this](std::vector<LeftoverRow>& from, std::vector<LeftoverRow>& to) {
    for (const LeftoverRow& row : from) bytes_ += kRowBytes + row.fields.size();
    to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
  };
  move(rows.source, rows_.source);
  move(rows.target, rows_.target);
  if (bytes_ <= kBytesAtOnce) return;
  if (!account_.table->key_columns().empty()) {
    EndPart();
    return;
  }
  // Without a key every part would have the server look through the whole table.
  rows_known_ = false;
  rows_ = {};
}

void FoundRows::Hold() { held_ = std::make_unique<Held>(); }

void FoundRows::Keep() {
  const std::unique_ptr<Held> held = std::move(held_);
  if (held->parts.empty()) return;
  // What is in memory follows what was put aside.
  Leftovers rows = std::exchange(rows_, {});
  std::vector<PartitionRange> ranges = std::exchange(ranges_, {});
  const bool any = any_;
  const std::size_t bytes = bytes_;
  std::string text;
  for (Part& part : held->parts) {
    held->file.Read(part.at, part.bytes, text);
    std::string_view left = text;
    rows_.source = TakeRows(left);
    rows_.target = TakeRows(left);
    ranges_ = std::move(part.ranges);
    Tell();
  }
  rows_ = std::move(rows);
  ranges_ = std::move(ranges);
  any_ = any;
  bytes_ = bytes;
}

void FoundRows::Drop() {
  held_.reset();
  Clear();
}

void FoundRows::Finish() {
  if (any_) Tell();
}

void FoundRows::EndPart() {
  if (held_ == nullptr) {
    Tell();
  } else {
    PutAside();
  }
}

void FoundRows::PutAside() {
  std::string bytes;
  AppendRows(rows_.source, bytes);
  AppendRows(rows_.target, bytes);
  held_->parts.push_back({std::move(ranges_), held_->file.Append(bytes), bytes.size()});
  Clear();
}

void FoundRows::Tell() {
  told_({account_, ranges_, rows_, rows_known_, source_, partitioned_});
  Clear();
}

void FoundRows::Clear() {
  rows_ = {};
  ranges_.clear();
  bytes_ = 0;
  any_ = false;
}

}  // namespace transload
