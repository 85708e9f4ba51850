#include "pipeline/partition_move.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "core/fault_point.h"
#include "pipeline/bisect.h"

namespace transload {
namespace {

// Waits in short steps, so that a stop is seen at once.
constexpr auto kWaitStep = std::chrono::milliseconds(20);

class Mover {
 public:
  Mover(RowReader& reader, BlockSink& sink, const BoundTable& table, const MoveContext& context)
      : reader_(reader), sink_(sink), table_(table), context_(context) {}

  bool Read(RowBatch& batch) {
    CheckStop();
    if (context_.gate != nullptr) Rest(*context_.gate);
    bool more = reader_.Read(batch);
    FaultAt(FaultPoint::kRowsRead);
    outcome_.rows_read += batch.rows();
    outcome_.source_bytes += batch.bytes();
    if (context_.rate != nullptr) Wait(context_.rate->Book(batch.bytes(), RateLimit::Clock::now()));
    if (more && CutHere()) return false;
    return more;
  }

  void Write(const RowBatch& batch, const CopyBlock& block) {
    for (const CellFault& fault : block.faults) HandleFault(batch, fault);
    if (context_.careful) {
      const std::vector<RefusedTuple> refused =
          SendBisecting(block, [this](std::string_view tuples) { return sink_.TryWrite(tuples); });
      if (refused.empty()) {
        Account(block);
        return;
      }
      RejectRefused(batch, block, refused);
      return;
    }
    sink_.Write(block);
    Account(block);
  }

  MoveOutcome Outcome() { return std::move(outcome_); }

 private:
  void Account(const CopyBlock& block) {
    outcome_.rows_written += block.rows;
    outcome_.checksum.Add(block.checksum);
    for (const auto& [where, found] : block.coercions) Merge(outcome_.coercions[where], found);
    if (context_.moved) context_.moved(block.rows, block.bytes.size());
  }

  // What was written is counted by encoding those rows alone once more: sums and coercions are kept
  // per block, not per row.
  void RejectRefused(const RowBatch& batch, const CopyBlock& block,
                     const std::vector<RefusedTuple>& refused) {
    RowBatch written;
    std::size_t tuple = 0;
    auto fault = block.faults.begin();
    auto next = refused.begin();
    for (std::uint32_t row = 0; row < batch.rows(); ++row) {
      if (fault != block.faults.end() && fault->row == row) {
        ++fault;
        continue;
      }
      if (next != refused.end() && next->tuple == tuple) {
        RejectRow(batch.Row(row), next->error);
        ++next;
      } else {
        written.AppendFramedRow(batch.Row(row));
      }
      ++tuple;
    }
    CopyBlock counted;
    table_.encoder().Encode(written, counted, /*keep_row_starts=*/false);
    Account(counted);
  }

  void RejectRow(std::string_view row, const Error& error) {
    if (context_.on_bad_row == OnBadRow::kStop) {
      Error stop = Stop(
          error.column,
          fmt::format("{}: the target refused a row, {}: {}{}; mend the row or the target's table, "
                      "or reject such rows with --on-bad-row reject",
                      table_.plan().SourceLabel(), table_.NameRow(row),
                      error.column.empty() ? "" : "column " + error.column + ": ",
                      WithoutLine(error)));
      stop.code = error.code;
      throw stop;
    }
    if (context_.count_rejects) context_.count_rejects(1);
    sink_.Reject({table_.NameRow(row), error.column, RefusalReason(error), "", row});
    ++outcome_.rows_rejected;
  }

  // Far more came than was planned for one partition: the rest is to be another one. Asked once;
  // a reader that cannot cut now cannot later.
  bool CutHere() {
    if (context_.cut_after_bytes == 0 || asked_to_cut_ ||
        outcome_.source_bytes < context_.cut_after_bytes) {
      return false;
    }
    asked_to_cut_ = true;
    outcome_.ended_at = reader_.CutAfter(outcome_.rows_read);
    return outcome_.ended_at.has_value();
  }

  void CheckStop() const {
    if (context_.stop != nullptr) context_.stop->ThrowIfRequested();
    if (context_.abandon != nullptr && context_.abandon->load()) {
      Error error("given up because the run is stopping");
      error.interrupted = true;
      throw error;
    }
  }

  void Rest(const LoadGate& gate) const {
    const auto until = std::chrono::steady_clock::now() + LoadGate::kTrickle;
    while (gate.closed() && std::chrono::steady_clock::now() < until) {
      CheckStop();
      std::this_thread::sleep_for(kWaitStep);
    }
  }

  void Wait(RateLimit::Clock::duration rest) const {
    while (rest > RateLimit::Clock::duration::zero()) {
      CheckStop();
      auto step = std::min<RateLimit::Clock::duration>(rest, kWaitStep);
      std::this_thread::sleep_for(step);
      rest -= step;
    }
  }

  void HandleFault(const RowBatch& batch, const CellFault& fault) {
    std::string_view row = batch.Row(fault.row);
    const ColumnPlan& column = table_.columns()[fault.column];
    const std::string key = table_.NameRow(row);
    if (fault.misfit || fault.first_null) {
      throw Misfit(fault.misfit ? Misfit::Of::kType : Misfit::Of::kNotNull,
                   fmt::format("{} in row {}", fault.reason, key), fault.column);
    }
    if (context_.on_bad_row == OnBadRow::kStop) {
      throw Stop(column.source.name,
                 fmt::format("{}: {}.{}, {}; set a policy for it, map the column to another type, "
                             "or reject such rows with --on-bad-row reject",
                             fault.reason, table_.plan().SourceLabel(), column.source.name, key));
    }
    if (context_.count_rejects) context_.count_rejects(1);
    sink_.Reject({key, column.source.name, fault.reason, table_.ShowCell(row, fault.column), row});
    ++outcome_.rows_rejected;
  }

  Error Stop(const std::string& column, const std::string& text) const {
    Error error(text);
    error.table = table_.plan().SourceLabel();
    error.column = column;
    return error;
  }

  static void Merge(Coercion& into, const Coercion& from) {
    into.count += from.count;
    for (const std::string& sample : from.samples) {
      if (into.samples.size() < Coercion::kSamples) into.samples.push_back(sample);
    }
  }

  RowReader& reader_;
  BlockSink& sink_;
  const BoundTable& table_;
  const MoveContext& context_;
  bool asked_to_cut_ = false;
  MoveOutcome outcome_;  // counts of reading belong to the reading step, the rest to writing
};

}  // namespace

MoveOutcome MovePartition(FlowPool& pool, RowReader& reader, BlockSink& sink,
                          const BoundTable& table, const MoveContext& context) {
  Mover mover(reader, sink, table, context);
  FlowSteps steps;
  steps.read = [&](RowBatch& batch) { return mover.Read(batch); };
  steps.encode = [&](const RowBatch& batch, CopyBlock& block) {
    table.encoder().Encode(batch, block, /*keep_row_starts=*/context.careful);
  };
  steps.write = [&](const RowBatch& batch, const CopyBlock& block) { mover.Write(batch, block); };
  steps.cancel_read = [&] { reader.Cancel(); };
  steps.cancel_write = [&] { sink.Cancel(); };
  context.driver(pool, steps);
  MoveOutcome outcome = mover.Outcome();
  if (outcome.rows_read != outcome.rows_written + outcome.rows_rejected) {
    throw BugError(fmt::format("{}: {} rows read, {} written, {} rejected",
                               table.plan().SourceLabel(), outcome.rows_read, outcome.rows_written,
                               outcome.rows_rejected));
  }
  return outcome;
}

}  // namespace transload
