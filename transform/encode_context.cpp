#include "transform/encode_context.h"

#include "transform/render.h"

namespace transload {

// Policies may change a value in every row, so the map of the block is asked once per batch only.
void EncodeContext::Coerced(std::string_view rule) {
  Coercion* coercion = nullptr;
  for (const Counter& counter : counters_) {
    if (counter.column == column->number && counter.rule == rule.data())
      coercion = counter.coercion;
  }
  if (coercion == nullptr) {
    coercion = &block.coercions[{column->number, std::string(rule)}];
    counters_.push_back({column->number, rule.data(), coercion});
  }
  ++coercion->count;
  const bool sampled = coercion->samples.size() < Coercion::kSamples;
  if (sampled) coercion->samples.push_back(Shown());
  row_coercions_.emplace_back(coercion, sampled);
}

void EncodeContext::TakeBackCoercions() {
  if (row_coercions_.empty()) return;
  for (const auto& [coercion, sampled] : row_coercions_) {
    --coercion->count;
    if (sampled) coercion->samples.pop_back();
  }
  row_coercions_.clear();
  std::erase_if(block.coercions, [](const auto& entry) { return entry.second.count == 0; });
  counters_.clear();
}

std::string EncodeContext::Shown() const { return RenderCell(cell, *column->source); }

}  // namespace transload
