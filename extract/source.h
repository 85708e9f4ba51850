// What transload asks of a source, whatever the engine. One adapter per engine implements this.
//
// A Source is the control side: catalogue, estimates, snapshot. Its RowReaders are the data side:
// each owns one connection, all of them see the same point in time. A Source and each of its
// readers are used by one thread at a time; only RowReader::Cancel may be called from any thread.
//
// Nothing in here ever writes to the source.
#ifndef TRANSLOAD_EXTRACT_SOURCE_H_
#define TRANSLOAD_EXTRACT_SOURCE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/options.h"
#include "core/partition.h"
#include "core/query_answer.h"
#include "core/read_request.h"
#include "core/round_trip.h"
#include "core/row_batch.h"
#include "core/source_facts.h"
#include "core/source_load.h"
#include "core/source_schema.h"
#include "core/witness.h"

namespace transload {

struct SnapshotRequest {
  int readers = 1;  // lanes
  int spares = 2;   // for lost connections
  Consistency consistency = Consistency::kReconcile;
  std::uint64_t lock_wait_ms = 3'000;
  // Tables that will be read, when a method needs to lock them one by one.
  std::vector<std::pair<std::string, std::string>> tables;  // schema, name
};

class RowReader {
 public:
  virtual ~RowReader() = default;

  // Starts a partition's query. The previous one must have ended or been abandoned.
  virtual void Open(const ReadRequest& request) = 0;
  // Appends rows until the batch is full or the rows end. False means that the rows have ended
  // *and the engine has confirmed a clean end*; the batch may still hold the last rows. A query
  // that was killed, a lost connection and a time-out throw, whatever the client library says.
  virtual bool Read(RowBatch& batch) = 0;
  // Ends the open query before the row that Read would append next, and returns that row's key:
  // where the rest of the range begins. `rows` is what Read has appended since Open, which was
  // asked for in_key_order. Nothing when the rows can't be cut here: Read goes on as before.
  virtual std::optional<KeyBound> CutAfter(std::uint64_t /*rows*/) { return std::nullopt; }
  // Gives up the open query. The connection and its snapshot stay usable, or an Error with
  // snapshot_lost is thrown. Harmless without an open query.
  virtual void Abandon() = 0;
  // Makes a blocked Open, Read or CountRows on another thread throw soon. Any thread.
  virtual void Cancel() noexcept = 0;

  // Rows of the whole table under the user's filter, without any partition predicate.
  virtual std::uint64_t CountRows(const std::string& schema, const std::string& table,
                                  const std::string& where) = 0;
  // The key that follows about `rows` rows into `range`; nothing when the range ends before.
  virtual std::optional<KeyBound> BoundaryAfter(const std::string& schema, const std::string& table,
                                                const PartitionRange& range,
                                                std::uint64_t rows) = 0;
};

// How a table is to be cut. When `ranges` ends in an open remainder and `rows_per_partition` is not
// 0, the remainder is cut further while it is read (RowReader::BoundaryAfter).
struct SplitPlan {
  std::vector<PartitionRange> ranges;  // never empty
  std::uint64_t rows_per_partition = 0;
  std::string explanation;  // for plan: "key id, 31 ranges by index dives"
};

class Source {
 public:
  virtual ~Source() = default;

  virtual const SourceInfo& Info() const = 0;
  // What can be found out without a plan: privileges, versions, settings, long transactions.
  virtual std::vector<PreflightItem> Preflight(const Options& options) = 0;
  // All of the database; the selection by --include and --exclude is the planner's. Called before
  // the snapshot (plan) and again inside it (run).
  virtual SourceCatalogue ReadCatalogue() = 0;

  virtual SnapshotInfo TakeSnapshot(const SnapshotRequest& request) = 0;
  // A reader inside the snapshot; throws when the snapshot's connections are used up.
  virtual std::unique_ptr<RowReader> NewReader() = 0;
  // Gives a reader's connection back for the next one, when it is still sound.
  virtual void Release(std::unique_ptr<RowReader> reader) = 0;

  // Inside the snapshot: min and max of one column from an index, cheaply or not at all.
  virtual ColumnFacts ProbeKey(const std::string& schema, const std::string& table,
                               const std::string& column) = 0;
  // One pass over a table for the columns named: what --prescan all, plan --deep and SQLite need.
  virtual std::vector<ColumnFacts> Scan(const SourceTable& table,
                                        const std::vector<std::string>& columns) = 0;
  virtual SplitPlan Split(const SourceTable& table, const std::string& where,
                          std::uint64_t partition_bytes) = 0;

  // The next value of a table's identity column and of a sequence, as late as possible: outside the
  // snapshot, where they do not go back. Decimal text; empty when there is none.
  virtual std::string NextAutoValue(const SourceTable& table) = 0;
  virtual std::string NextSequenceValue(const SourceSequence& sequence) = 0;

  // Aggregates of a table's columns by the engine's own SQL, inside the snapshot: the second
  // witness of --verify full. Shares no code with readers and encoders. An engine without one says
  // so.
  virtual TableWitness Witness(const WitnessRequest& request);

  // Lets the engine read a condition of the user's on a table; throws what it has against it.
  virtual void CheckCondition(const std::string& schema, const std::string& table,
                              const std::string& where) = 0;

  // A query of the user's ([[check]]), inside the snapshot. An engine that answers none throws.
  virtual QueryAnswer Ask(const std::string& sql);

  // Where the source is now, outside the snapshot, in the terms of SnapshotInfo::position: equal
  // positions prove that nothing moved between. Empty when the engine cannot tell.
  virtual std::vector<std::pair<std::string, std::string>> CurrentPosition() = 0;

  // What a reader of the report should know of the source when all was read; mostly nothing.
  virtual std::vector<std::string> FinalNotes() { return {}; }

  // How far away the server is; nothing where there is none, or no question that it would
  // understand for sure.
  virtual std::optional<RoundTrip> MeasureRoundTrip() { return std::nullopt; }

  // How busy the source is now; nothing where there is no server to ask.
  virtual std::optional<SourceLoad> Load() { return std::nullopt; }
};

// Opens the adapter that the URL's scheme names. Throws usage errors for an unknown scheme or a
// malformed URL, refused errors when the source cannot be reached or the login fails.
std::unique_ptr<Source> OpenSource(const Options& options);

}  // namespace transload

#endif  // TRANSLOAD_EXTRACT_SOURCE_H_
