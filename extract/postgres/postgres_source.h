// PostgreSQL 10 to 18 as a source.
//
// Beside what every source can do, it lends its snapshot and its catalogue to pg_dump and to those
// who carry over what is no table: sequences, large objects, roles.
#ifndef TRANSLOAD_EXTRACT_POSTGRES_POSTGRES_SOURCE_H_
#define TRANSLOAD_EXTRACT_POSTGRES_POSTGRES_SOURCE_H_

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "extract/postgres/control_connection.h"
#include "extract/postgres/row_reader.h"
#include "extract/source.h"

namespace transload::postgres {

using TableName = std::pair<std::string, std::string>;  // schema, name

struct SequenceState {
  std::string schema, name;
  std::string last_value;
  bool is_called = false;
};

class PostgresSource : public Source {
 public:
  explicit PostgresSource(const Options& options);

  const SourceInfo& Info() const override { return info_; }
  std::vector<PreflightItem> Preflight(const Options& options) override;
  SourceCatalogue ReadCatalogue() override;
  SnapshotInfo TakeSnapshot(const SnapshotRequest& request) override;
  std::unique_ptr<RowReader> NewReader() override;
  void Release(std::unique_ptr<RowReader> reader) override;
  ColumnFacts ProbeKey(const std::string& schema, const std::string& table,
                       const std::string& column) override;
  std::vector<ColumnFacts> Scan(const SourceTable& table,
                                const std::vector<std::string>& columns) override;
  SplitPlan Split(const SourceTable& table, const std::string& where,
                  std::uint64_t partition_bytes) override;
  std::string NextAutoValue(const SourceTable& table) override;
  std::string NextSequenceValue(const SourceSequence& sequence) override;
  TableWitness Witness(const WitnessRequest& request) override;
  void CheckCondition(const std::string& schema, const std::string& table,
                      const std::string& where) override;
  QueryAnswer Ask(const std::string& sql) override;
  std::vector<std::pair<std::string, std::string>> CurrentPosition() override;
  std::optional<RoundTrip> MeasureRoundTrip() override;
  // Lag of a standby is not told: it may be the run's own snapshot that holds replay up, and
  // resting would only hold it up for longer.
  std::optional<SourceLoad> Load() override;

  // --- for pg_dump and for what is no table
  const Endpoint& endpoint() const { return endpoint_; }
  int version_num() const { return version_num_; }
  // Empty before TakeSnapshot.
  const std::string& snapshot_id() const { return snapshot_id_; }
  // Whether the session that exported the snapshot lives.
  bool SnapshotHeld();
  // Inside the snapshot once there is one.
  SqlRows Query(const std::string& sql) { return Inside().Query(sql); }
  // Anything that its users made, or chose: also extensions, whose settings are rows.
  bool HoldsObjects();
  // What the login may not read: tables, each with its partition tree, itself included; sequences,
  // each with the tables that own or use it.
  std::map<TableName, std::set<TableName>> UnreadableTables();
  std::map<TableName, std::set<TableName>> UnreadableSequences();
  // As they are now: sequences do not belong to a snapshot.
  std::vector<SequenceState> ReadSequenceStates(const std::vector<SourceSequence>& sequences);

 private:
  ControlConnection& Control();
  ControlConnection& Inside() { return inside_ ? *inside_ : Control(); }
  void OpenReaders(const SnapshotRequest& request, const std::vector<std::string>& locks);

  Endpoint endpoint_;
  SourceInfo info_;
  int version_num_ = 0;
  std::unique_ptr<ControlConnection> control_;
  std::unique_ptr<ControlConnection> spare_;   // that the constructor needed: the next control_
  std::unique_ptr<ControlConnection> inside_;  // exported the snapshot, and keeps it alive
  std::string snapshot_id_;
  std::shared_ptr<const PartitionedTables> partitioned_;
  std::mutex pool_mutex_;  // guards idle_: lanes come and go on their own threads
  std::vector<std::unique_ptr<PostgresRowReader>> idle_;
};

}  // namespace transload::postgres

namespace transload {

std::unique_ptr<Source> OpenPostgresSource(const Options& options);

}  // namespace transload

#endif  // TRANSLOAD_EXTRACT_POSTGRES_POSTGRES_SOURCE_H_
