#include "transform/row_encoder.h"

#include <fmt/format.h>

#include <string>

#include "core/error.h"
#include "core/utf8.h"
#include "transform/canonical.h"
#include "transform/field_encoder.h"

namespace transload {
namespace {

std::string TypeOf(const SourceColumn& source) {
  return source.full_type.empty() ? source.type : source.full_type;
}

std::string NoEncoder(const ColumnPlan& column, const PgType& type) {
  return fmt::format(
      "column {} of type {} (values as {}) cannot be written to a column of type {}; "
      "choose another type with --map",
      column.source.name, TypeOf(column.source), Name(column.source.format), type.Sql());
}

[[noreturn, gnu::cold]] void RefuseCutRow() {
  throw Error("the source sent a row that ends within a value");
}

}  // namespace

struct RowEncoder::State {
  struct Column {
    EncoderPtr encoder;
    SourceColumn source;
    bool has_safe_type;
    bool not_null_yields;
  };
  // What is looked at for every cell, close together. Points into `columns`.
  struct Step : EncodedColumn {
    bool rewrites;  // its fields may not be canonical as they are
    FieldEncoder::Copies copies;
    const FieldEncoder* encoder;
  };

  State(const std::vector<TargetColumn>& targets, std::uint64_t seed)
      : canonicaliser(targets, seed) {}

  template <bool kFramedByServer>
  bool EncodeRow(std::string_view cells, EncodeContext& context, bool& plain) const;
  void AddFault(EncodeContext& context, std::size_t row) const;
  std::uint32_t LongestField(std::string_view fields) const;

  std::vector<Column> columns;
  std::vector<Step> steps;
  bool framed_by_server = false;  // rows are a PostgreSQL server's, frames and all
  RowCanonicaliser canonicaliser;
};

RowEncoder::RowEncoder(const std::vector<ColumnPlan>& columns,
                       const std::vector<TargetColumn>& targets, std::uint64_t hash_seed) {
  if (columns.size() != targets.size()) {
    throw BugError(
        fmt::format("{} columns to encode for {} of the target", columns.size(), targets.size()));
  }
  auto state = std::make_unique<State>(targets, hash_seed);
  for (std::size_t i = 0; i < columns.size(); ++i) {
    EncoderPtr encoder = MakeEncoder({columns[i], targets[i], columns[i].source.format});
    if (encoder == nullptr) {
      Error error = RefusedError(NoEncoder(columns[i], targets[i].type));
      error.column = columns[i].source.name;
      throw error;
    }
    const CellFormat format = columns[i].source.format;
    if (format == CellFormat::kPgBinary || format == CellFormat::kPgText) {
      state->framed_by_server = true;
    }
    state->columns.push_back({std::move(encoder), columns[i].source,
                              columns[i].safe_type.has_value(), columns[i].not_null_yields});
  }
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const State::Column& column = state->columns[i];
    const bool rewrites = state->canonicaliser.Rewrites(i);
    const auto copies = rewrites ? FieldEncoder::Copies::kNone : column.encoder->CopiesCells();
    state->steps.push_back({{&column.source, static_cast<std::uint32_t>(i), targets[i].not_null},
                            rewrites,
                            copies,
                            column.encoder.get()});
  }
  state_ = std::move(state);
}

RowEncoder::~RowEncoder() = default;
RowEncoder::RowEncoder(RowEncoder&&) noexcept = default;
RowEncoder& RowEncoder::operator=(RowEncoder&&) noexcept = default;

// Writes the fields of one row. `plain` tells whether they are canonical as they stand. A server's
// frames are not believed beyond the row's end; they are those of the fields too, so that
// neighbours that are copied, and NULLs among them, go over as one stretch of bytes.
template <bool kFramedByServer>
bool RowEncoder::State::EncodeRow(std::string_view cells, EncodeContext& context,
                                  bool& plain) const {
  // A CellCursor unrolled: one Cell serves the whole row.
  const char* next = cells.data();
  const char* const end = next + cells.size();
  const char* stretch = next;
  const auto copy_stretch = [&](const char* stretch_end) {
    const auto size = static_cast<std::size_t>(stretch_end - stretch);
    CopyBytes(context.at, stretch, size);
    context.at += size;
  };
  Cell& cell = context.cell;
  cell.null = false;
  for (const Step& step : steps) {
    context.column = &step;
    if (next == end) throw BugError("a row has fewer cells than the table has columns");
    if (kFramedByServer && end - next < 4) RefuseCutRow();
    const char* const frame = next;
    cell.size = LoadBe32(next);
    next += 4;
    if (cell.size == 0xFFFFFFFFu) {
      if (step.not_null) return context.Fault("NULL, but the target column is NOT NULL");
      if constexpr (!kFramedByServer) {
        StoreBe32(context.at, 0xFFFFFFFFu);
        context.at += 4;
      }
      continue;
    }
    cell.data = next;
    if (kFramedByServer && static_cast<std::size_t>(end - next) < cell.size) RefuseCutRow();
    next += cell.size;
    if constexpr (kFramedByServer) {
      if (step.copies == FieldEncoder::Copies::kAll) continue;
      if (step.copies == FieldEncoder::Copies::kGoodText && FindBadText(cell.view()) == cell.size) {
        continue;
      }
      copy_stretch(frame);
      stretch = next;
    }
    if (step.rewrites && plain) {
      const std::size_t start = context.offset();
      if (!step.encoder->Encode(context, cell)) return false;
      const char* field = context.block.bytes.data() + start;
      const std::uint32_t size = LoadBe32(field);
      plain = size == 0xFFFFFFFFu || canonicaliser.IsCanonical(step.number, {field + 4, size});
    } else if (!step.encoder->Encode(context, cell)) {
      return false;
    }
  }
  if (next != end) throw BugError("a row has more cells than the table has columns");
  if constexpr (kFramedByServer) copy_stretch(end);
  return true;
}

void RowEncoder::State::AddFault(EncodeContext& context, std::size_t row) const {
  context.TakeBackCoercions();
  CellFault fault;
  fault.row = static_cast<std::uint32_t>(row);
  fault.column = context.column->number;
  fault.misfit = context.misfit && columns[fault.column].has_safe_type;
  fault.first_null = context.null_by_policy && columns[fault.column].not_null_yields;
  context.null_by_policy = false;
  fault.reason = std::move(context.reason);
  context.block.faults.push_back(std::move(fault));
}

std::uint32_t RowEncoder::State::LongestField(std::string_view fields) const {
  CellCursor cursor(fields);
  std::uint32_t longest = 0;
  std::uint32_t size = 0;
  for (std::uint32_t i = 0; i < columns.size(); ++i) {
    const Cell field = cursor.Next();
    if (field.size > size) {
      longest = i;
      size = field.size;
    }
  }
  return longest;
}

void RowEncoder::Encode(const RowBatch& batch, CopyBlock& block, bool keep_row_starts) const {
  thread_local ByteBuffer scratch;
  EncodeContext context(block);
  const State& state = *state_;
  const std::size_t fixed = 2 + state.columns.size() * EncodeContext::kFieldBytes;
  for (std::size_t row = 0; row < batch.rows(); ++row) {
    const std::string_view cells = batch.Row(row);
    const std::size_t start = block.bytes.size();
    // Once per row; encoders that may write more than their cell's size ask again.
    context.at = block.bytes.Extend(fixed + cells.size());
    StoreBe16(context.at, static_cast<std::uint16_t>(state.columns.size()));
    context.at += 2;
    context.KeepCoercions();
    bool plain = true;
    if (!(state.framed_by_server ? state.EncodeRow<true>(cells, context, plain)
                                 : state.EncodeRow<false>(cells, context, plain))) {
      block.bytes.Truncate(start);
      state.AddFault(context, row);
      continue;
    }
    const std::size_t end = context.offset();
    const std::string_view fields(block.bytes.data() + start + 2, end - start - 2);
    if (fields.size() > EncodeContext::kMaxFieldBytes) [[unlikely]] {
      context.column = &state.steps[state.LongestField(fields)];
      context.Fault(
          fmt::format("a row of {} bytes is more than PostgreSQL can hold", fields.size()));
      block.bytes.Truncate(start);
      state.AddFault(context, row);
      continue;
    }
    block.bytes.Truncate(end);
    if (plain) {
      state.canonicaliser.AddCanonicalRow(fields, block.checksum);
    } else {
      state.canonicaliser.AddRow(fields, block.checksum, scratch);
    }
    if (keep_row_starts) block.row_starts.push_back(start);
    ++block.rows;
  }
}

}  // namespace transload
