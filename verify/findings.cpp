#include "verify/findings.h"

#include <algorithm>
#include <unordered_map>

#include "core/row_batch.h"
#include "transform/render.h"
#include "verify/row_key.h"

namespace transload {
namespace {

constexpr std::size_t kColumnsForName = 3;

std::vector<Cell> Fields(std::string_view fields) {
  std::vector<Cell> cells;
  for (CellCursor cursor(fields); !cursor.done();) cells.push_back(cursor.Next());
  return cells;
}

std::string Shown(const Cell& field, const PgType& type) {
  return field.null ? "NULL" : RenderField(field.view(), type);
}

bool SameValue(const Cell& a, const Cell& b, const PgType& type) {
  if (a.null || b.null) return a.null == b.null;
  if (a.view() == b.view()) return true;
  ByteBuffer left, right;
  AppendCanonical(a.view(), type, left);
  AppendCanonical(b.view(), type, right);
  return left.view() == right.view();
}

std::string KeyOf(std::string_view fields, const BoundTable& table) {
  ByteBuffer key;
  AppendRowKey(fields, table, key);
  return std::string(key.view());
}

std::string NameTargetRow(const std::vector<Cell>& cells, const BoundTable& table) {
  std::vector<std::size_t> columns = table.key_columns();
  for (std::size_t i = 0; table.key_columns().empty() && i < cells.size(); ++i) {
    if (columns.size() < kColumnsForName) columns.push_back(i);
  }
  std::string name;
  for (std::size_t column : columns) {
    if (!name.empty()) name += ", ";
    name += table.columns()[column].source.name + "=" +
            Shown(cells[column], table.targets()[column].type);
  }
  return name;
}

void Count(DifferenceKind kind, DifferenceCounts& counts) {
  switch (kind) {
    case DifferenceKind::kMissing:
      ++counts.missing;
      break;
    case DifferenceKind::kExtra:
      ++counts.extra;
      break;
    case DifferenceKind::kDifferent:
      ++counts.different;
      break;
  }
}

}  // namespace

PairedRows PairByKey(const Leftovers& leftovers, const BoundTable& table) {
  PairedRows paired;
  std::unordered_multimap<std::string, const LeftoverRow*> by_key;
  std::vector<PairedRows::Pair> missing;
  if (!table.key_columns().empty()) {
    for (const LeftoverRow& row : leftovers.target) by_key.emplace(KeyOf(row.fields, table), &row);
  }
  std::set<const LeftoverRow*> used;
  for (const LeftoverRow& row : leftovers.source) {
    auto partner = by_key.empty() ? by_key.end() : by_key.find(KeyOf(row.fields, table));
    if (partner == by_key.end()) {
      missing.push_back({&row, nullptr});
      continue;
    }
    paired.pairs.push_back({&row, partner->second});
    used.insert(partner->second);
    by_key.erase(partner);
  }
  paired.pairs.insert(paired.pairs.end(), missing.begin(), missing.end());
  for (const LeftoverRow& row : leftovers.target) {
    if (!used.contains(&row)) paired.pairs.push_back({nullptr, &row});
  }
  return paired;
}

RowDifference DescribePair(const PairedRows::Pair& pair, const BoundTable& table) {
  RowDifference difference;
  std::vector<Cell> source, target;
  if (pair.source != nullptr) source = Fields(pair.source->fields);
  if (pair.target != nullptr) target = Fields(pair.target->fields);
  if (pair.target == nullptr) difference.kind = DifferenceKind::kMissing;
  if (pair.source == nullptr) difference.kind = DifferenceKind::kExtra;
  if (pair.source != nullptr && pair.target != nullptr) {
    difference.kind = DifferenceKind::kDifferent;
  }
  // By the target's types on either side: one row has one name.
  difference.key = NameTargetRow(pair.source != nullptr ? source : target, table);
  for (std::size_t i = 0; i < table.targets().size(); ++i) {
    const PgType& type = table.targets()[i].type;
    if (difference.kind == DifferenceKind::kDifferent && SameValue(source[i], target[i], type)) {
      continue;
    }
    difference.columns.push_back({table.targets()[i].name,
                                  source.empty() ? "" : Shown(source[i], type),
                                  target.empty() ? "" : Shown(target[i], type)});
  }
  return difference;
}

Findings::Findings(const TableAccount& account, DifferenceFile* file, TableVerdict& verdict)
    : table_(*account.table), file_(file), verdict_(verdict), rejected_(account.rejected_rows) {
  verdict_.drilled_down = true;
  verdict_.counts = {};
  verdict_.samples.clear();
}

void Findings::Add(Leftovers& leftovers) {
  // A reject explains one missing row; those that could not be encoded are not among the leftovers.
  for (const std::string& row : leftovers.faulty) {
    if (auto known = rejected_.find(row); known != rejected_.end()) rejected_.erase(known);
  }
  DifferenceCounts here;
  std::set<const LeftoverRow*> explained;
  for (const PairedRows::Pair& pair : PairByKey(leftovers, table_).pairs) {
    if (pair.target == nullptr) {
      if (auto known = rejected_.find(pair.source->identity); known != rejected_.end()) {
        rejected_.erase(known);
        explained.insert(pair.source);
        ++here.rejected;
        continue;
      }
    }
    RowDifference difference = DescribePair(pair, table_);
    Count(difference.kind, here);
    if (file_ != nullptr) file_->Write(verdict_.source, difference);
    std::size_t& samples = sampled_[static_cast<std::size_t>(difference.kind)];
    if (samples++ < kSamplesPerKind) verdict_.samples.push_back(std::move(difference));
  }
  DifferenceCounts& counts = verdict_.counts;
  counts.missing += here.missing;
  counts.extra += here.extra;
  counts.different += here.different;
  counts.rejected += here.rejected;
  if (explained.empty()) return;
  std::vector<LeftoverRow> left;
  for (LeftoverRow& row : leftovers.source) {
    if (!explained.contains(&row)) left.push_back(std::move(row));
  }
  leftovers.source = std::move(left);
}

}  // namespace transload
