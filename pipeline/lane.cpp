#include "pipeline/lane.h"

#include <fmt/format.h>

#include <chrono>
#include <utility>

#include "core/fault_point.h"
#include "pipeline/bisect.h"
#include "pipeline/rejected_row.h"
#include "pipeline/work_board.h"

namespace transload {
namespace {

// A partition this many times larger than planned is cut while it is read.
constexpr std::uint64_t kTimesTooLarge = 4;

// A lane's writer as MovePartition sees it; keeps the lane's sign of life up to date.
class WriterSink : public BlockSink {
 public:
  WriterSink(PartitionWriter& writer, const BoundTable& table) : writer_(writer), table_(table) {}

  void Write(const CopyBlock& block) override {
    writer_.Write(block);
    copy_bytes_ += block.bytes.size();
  }
  std::optional<Error> TryWrite(std::string_view tuples) override {
    std::optional<Error> refused = writer_.TryWrite(tuples);
    if (!refused) copy_bytes_ += tuples.size();
    if (refused && !IsAboutARow(*refused)) throw *refused;
    return refused;
  }
  void Reject(const BadRow& row) override {
    writer_.AddReject({row.key, row.column, row.reason, RejectedRowJson(row, table_)});
  }
  void Cancel() noexcept override { writer_.Cancel(); }

  std::uint64_t copy_bytes() const { return copy_bytes_; }

 private:
  PartitionWriter& writer_;
  const BoundTable& table_;
  std::uint64_t copy_bytes_ = 0;
};

PartitionOutcome ToLedger(const MoveOutcome& moved, const BoundTable& table,
                          std::uint64_t copy_bytes, double seconds) {
  PartitionOutcome outcome;
  outcome.rows_read = moved.rows_read;
  outcome.rows_written = moved.rows_written;
  outcome.rows_rejected = moved.rows_rejected;
  outcome.checksum = moved.checksum;
  outcome.source_bytes = moved.source_bytes;
  outcome.copy_bytes = copy_bytes;
  outcome.write_seconds = seconds;
  outcome.ended_at = moved.ended_at;
  for (const auto& [where, coercion] : moved.coercions) {
    const auto& [column, rule] = where;
    outcome.coercions.push_back(
        {table.table_id(), table.columns()[column].name, rule, coercion.count, coercion.samples});
  }
  return outcome;
}

}  // namespace

Lane::Lane(int number, std::string owner, LaneServices& services)
    : number_(number), owner_(std::move(owner)), services_(services) {
  beat_.lane = number;
  beat_.doing = "idle";
}

Lane::~Lane() {
  if (reader_ == nullptr) return;
  std::lock_guard source_lock(services_.source_mutex);
  services_.source.Release(std::move(reader_));
}

RowReader& Lane::Reader() {
  if (reader_ == nullptr) {
    std::unique_ptr<RowReader> reader;
    {
      std::lock_guard source_lock(services_.source_mutex);
      reader = services_.source.NewReader();
    }
    std::lock_guard lock(mutex_);
    reader_ = std::move(reader);
  }
  return *reader_;
}

PartitionWriter& Lane::Writer() {
  if (writer_ == nullptr) {
    auto writer = std::make_unique<PartitionWriter>(services_.options, number_);
    std::lock_guard lock(mutex_);
    writer_ = std::move(writer);
    beat_.backend_pid = writer_->backend_pid();
    beat_.backend_start = writer_->backend_start();
  }
  return *writer_;
}

void Lane::Doing(const std::string& text) {
  services_.progress.LaneDoing(number_, text);
  std::lock_guard lock(mutex_);
  beat_.doing = text.empty() ? "idle" : text;
  if (text.empty()) beat_.partition_id = 0;
}

std::vector<TargetColumn> Lane::DescribeTable(const TablePlan& plan) {
  return Writer().DescribeTable(plan.schema, plan.name);
}

std::optional<KeyBound> Lane::FindBoundary(const TablePlan& plan, const PartitionRange& range,
                                           std::uint64_t rows) {
  return Reader().BoundaryAfter(plan.source_schema, plan.source_name, range, rows);
}

FinishResult Lane::Move(const Claim& claim, const BoundTable& table, bool careful) {
  const std::string label = table.plan().SourceLabel();
  {
    std::lock_guard lock(mutex_);
    beat_.partition_id = claim.partition_id;
    beat_.epoch = claim.epoch;
    beat_.rows = beat_.bytes = 0;
    moving_ = label;
  }
  rows_per_cut_ = 0;
  Doing(fmt::format("{} {}", label, claim.range.Describe()));
  const auto start = std::chrono::steady_clock::now();

  // The reader first: its server fetches rows while the target is made ready.
  ReadRequest request = table.Request(claim.range);
  request.sample_percent = services_.options.sample_percent;
  request.as_stored = true;
  request.in_key_order = claim.range.by == SplitBy::kKey;
  Reader().Open(request);
  FaultAt(FaultPoint::kReaderOpened);
  if (careful) {
    Writer().BeginCareful(claim, table.targets());
  } else {
    Writer().Begin(claim, table.targets());
  }

  MoveContext context;
  context.driver = services_.driver;
  context.on_bad_row = services_.options.on_bad_row;
  context.careful = careful;
  context.rate = &services_.rate;
  context.gate = services_.gate;
  context.stop = &services_.stop;
  context.abandon = &services_.abandon;
  rejecting_ = 0;
  context.count_rejects = [this](std::uint64_t more) {
    rejecting_ += static_cast<std::int64_t>(more);
    services_.count_rejects(static_cast<std::int64_t>(more));
  };
  context.cut_after_bytes = kTimesTooLarge * services_.options.partition_bytes;
  context.moved = [&](std::uint64_t rows, std::uint64_t bytes) {
    services_.progress.RowsMoved(label, rows, bytes);
    if (services_.rows_moved != nullptr) *services_.rows_moved += rows;
    std::lock_guard lock(mutex_);
    beat_.rows += rows;
    beat_.bytes += bytes;
  };
  WriterSink sink(*writer_, table);
  MoveOutcome moved = MovePartition(pool_, *reader_, sink, table, context);

  if (moved.ended_at) {
    rows_per_cut_ =
        RowsPerPartition(moved.rows_read, moved.source_bytes, services_.options.partition_bytes);
  }
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  FinishResult result = writer_->Finish(ToLedger(moved, table, sink.copy_bytes(), seconds.count()));
  {
    std::lock_guard lock(mutex_);
    if (result == FinishResult::kFenced) {
      services_.count_rejects(-rejecting_);
      services_.progress.RowsTakenBack(moving_, beat_.rows, beat_.bytes);
    }
    moving_.clear();
    rejecting_ = 0;
  }
  Doing("");
  return result;
}

std::uint64_t Lane::CountRows(const TablePlan& plan) {
  Doing("counting " + plan.SourceLabel());
  std::uint64_t rows = Reader().CountRows(plan.source_schema, plan.source_name, plan.where);
  Doing("");
  return rows;
}

void Lane::Recover() {
  Doing("");
  if (rejecting_ > 0) services_.count_rejects(-std::exchange(rejecting_, 0));
  std::unique_ptr<PartitionWriter> doomed;
  {
    std::lock_guard lock(mutex_);
    if (!moving_.empty()) services_.progress.RowsTakenBack(moving_, beat_.rows, beat_.bytes);
    moving_.clear();
    beat_.rows = beat_.bytes = 0;
    doomed = std::move(writer_);
  }
  doomed.reset();  // closes the connection, which rolls back
  if (reader_ == nullptr) return;
  try {
    reader_->Abandon();
  } catch (const Error& error) {
    services_.progress.Message(MessageLevel::kWarning,
                               fmt::format("lane {}: reader given up: {}", number_, error.what()));
    std::lock_guard lock(mutex_);
    reader_.reset();
  }
}

void Lane::Interrupt() noexcept {
  std::lock_guard lock(mutex_);
  if (reader_ != nullptr) reader_->Cancel();
  if (writer_ != nullptr) writer_->Cancel();
}

LaneBeat Lane::Beat() {
  std::lock_guard lock(mutex_);
  return beat_;
}

}  // namespace transload
