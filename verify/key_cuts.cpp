#include "verify/key_cuts.h"

#include <algorithm>
#include <array>

#include "core/row_batch.h"
#include "load/ddl.h"
#include "verify/read_back.h"

namespace transload {
namespace {

bool IsInteger(PgKind kind) {
  return kind == PgKind::kInt2 || kind == PgKind::kInt4 || kind == PgKind::kInt8 ||
         kind == PgKind::kNumeric;
}

// Columns of the primary key, in its order, as positions among the copied ones.
std::vector<std::size_t> KeyInOrder(const BoundTable& table) {
  for (const IndexPlan& index : table.plan().indexes) {
    if (!index.primary) continue;
    std::vector<std::size_t> order;
    for (const IndexPartPlan& part : index.parts) {
      for (std::size_t i = 0; i < table.columns().size(); ++i) {
        if (ddl::QuoteName(table.columns()[i].name) == part.sql) order.push_back(i);
      }
    }
    if (order.size() == index.parts.size()) return order;
  }
  return {};
}

}  // namespace

std::optional<KeyCuts> KeyCuts::For(const BoundTable& table, bool any_key,
                                    std::size_t most_columns) {
  const std::vector<std::size_t> key = KeyInOrder(table);
  if (key.empty()) return std::nullopt;
  KeyCuts cuts;
  // SQLite's own order, by the rowid where it is the key.
  const bool dynamic = table.columns()[key[0]].source.format == CellFormat::kDynamic;
  if (dynamic && key.size() > 1) return std::nullopt;
  cuts.pattern_.by = dynamic ? SplitBy::kRowid : SplitBy::kKey;
  for (std::size_t column : key) {
    if (cuts.columns_.size() == most_columns || !cuts.AddColumn(table, column, any_key)) break;
    if (cuts.parts_.back().last()) break;
  }
  if (cuts.columns_.empty()) return std::nullopt;
  cuts.last_column_ = *std::max_element(cuts.columns_.begin(), cuts.columns_.end());
  return cuts;
}

bool KeyCuts::AddColumn(const BoundTable& table, std::size_t column, bool any_key) {
  const std::optional<KeyPart> part = KeyPart::For(table.targets()[column].type);
  if (!part || words_ + part->words() > KeyPoint::kWords) return false;
  if (!any_key && !IsInteger(table.targets()[column].type.kind)) return false;
  PartitionRange with = pattern_;
  if (pattern_.by == SplitBy::kKey) with.columns.push_back(table.columns()[column].source.name);
  if (!RangeInTarget(table, with)) return false;
  pattern_ = std::move(with);
  columns_.push_back(column);
  parts_.push_back(*part);
  words_ += part->words();
  return true;
}

bool KeyCuts::Add(const std::vector<std::string>& key) {
  if (key.size() != columns_.size()) return false;
  KeyPoint point;
  std::size_t word = 0;
  for (std::size_t i = 0; i < key.size(); ++i) {
    if (!parts_[i].Parse(key[i], &point.words[word])) return false;
    word += parts_[i].words();
  }
  cuts_.push_back(point);
  return true;
}

void KeyCuts::Add(const KeyCuts& other) {
  cuts_.insert(cuts_.end(), other.cuts_.begin(), other.cuts_.end());
}

void KeyCuts::Settle(std::size_t every) {
  std::sort(cuts_.begin(), cuts_.end());
  cuts_.erase(std::unique(cuts_.begin(), cuts_.end()), cuts_.end());
  if (every < 2) return;
  std::vector<KeyPoint> kept;
  for (std::size_t i = every; i < cuts_.size(); i += every) kept.push_back(cuts_[i]);
  cuts_ = std::move(kept);
}

std::optional<KeyPoint> KeyCuts::PointOf(std::string_view fields) const {
  std::array<Cell, KeyPoint::kWords> found{};
  CellCursor cursor(fields);
  for (std::size_t i = 0; i <= last_column_; ++i) {
    const Cell field = cursor.Next();
    for (std::size_t k = 0; k < columns_.size(); ++k) {
      if (columns_[k] == i) found[k] = field;
    }
  }
  KeyPoint point;
  std::size_t word = 0;
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    if (found[i].null) return std::nullopt;
    parts_[i].Write(found[i].view(), &point.words[word]);
    word += parts_[i].words();
  }
  return point;
}

std::size_t KeyCuts::Find(std::string_view fields, std::size_t near) const {
  const std::optional<KeyPoint> point = PointOf(fields);
  if (!point) return size();
  // Rows mostly come in the key's order, many of one sub-range together.
  if (near < size() && (near == 0 || cuts_[near - 1] <= *point) &&
      (near == cuts_.size() || *point < cuts_[near])) {
    return near;
  }
  return static_cast<std::size_t>(std::upper_bound(cuts_.begin(), cuts_.end(), *point) -
                                  cuts_.begin());
}

KeyBound KeyCuts::Bound(const KeyPoint& cut) const {
  KeyBound bound;
  std::size_t word = 0;
  for (const KeyPart& part : parts_) {
    bound.push_back(part.Print(&cut.words[word]));
    word += part.words();
  }
  return bound;
}

PartitionRange KeyCuts::Range(std::size_t first, std::size_t last) const {
  PartitionRange range = pattern_;
  if (first > 0) range.lower = Bound(cuts_[first - 1]);
  if (last < cuts_.size()) range.upper = Bound(cuts_[last]);
  return range;
}

}  // namespace transload
