#include "verify/row_spill.h"

#include <algorithm>

#include "core/row_batch.h"

namespace transload {
namespace {

constexpr std::size_t kHeaderBytes = 16;

}  // namespace

void RowSpill::Add(std::size_t number, std::string_view fields, std::string_view cells) {
  Part& part = parts_[number];
  const std::size_t size = kHeaderBytes + fields.size() + cells.size();
  if (part.held.size() + size > kChunkBytes) Write(part);
  const std::size_t start = part.held.size();
  part.held.resize(start + kHeaderBytes);
  char* header = part.held.data() + start;
  __builtin_memcpy(header, &rows_, sizeof rows_);
  StoreBe32(header + 8, static_cast<std::uint32_t>(fields.size()));
  StoreBe32(header + 12, static_cast<std::uint32_t>(cells.size()));
  part.held.append(fields).append(cells);
  ++part.rows;
  ++rows_;
  part.bytes += size;
  bytes_ += size;
  if (part.held.size() > kChunkBytes) Write(part);
}

void RowSpill::Write(Part& part) {
  if (part.held.empty()) return;
  part.chunks.push_back({file_.Append(part.held), part.held.size()});
  if (part.held.capacity() > 2 * kChunkBytes) {
    part.held = {};
  } else {
    part.held.clear();
  }
}

void RowSpill::Flush() {
  for (Part& part : parts_) {
    Write(part);
    part.held = {};
  }
}

bool RowSpill::in_one_part() const {
  return std::any_of(parts_.begin(), parts_.end(),
                     [this](const Part& part) { return part.rows == rows_; });
}

void RowSpill::Read(std::size_t number, const std::function<void(const SpilledRow&)>& sink) const {
  auto tell = [&sink](std::string_view records) {
    while (!records.empty()) {
      SpilledRow row;
      __builtin_memcpy(&row.number, records.data(), sizeof row.number);
      const std::size_t fields = LoadBe32(records.data() + 8);
      const std::size_t cells = LoadBe32(records.data() + 12);
      records.remove_prefix(kHeaderBytes);
      row.fields = records.substr(0, fields);
      row.cells = records.substr(fields, cells);
      records.remove_prefix(fields + cells);
      sink(row);
    }
  };
  const Part& part = parts_[number];
  std::string chunk;
  for (const Chunk& written : part.chunks) {
    file_.Read(written.at, written.bytes, chunk);
    tell(chunk);
  }
  tell(part.held);
}

}  // namespace transload
