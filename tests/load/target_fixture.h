// A fresh database, and a run in its ledger, for the tests of load/.
#ifndef TRANSLOAD_TESTS_LOAD_TARGET_FIXTURE_H_
#define TRANSLOAD_TESTS_LOAD_TARGET_FIXTURE_H_

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/row_batch.h"
#include "load/ledger.h"
#include "load/partition_writer.h"
#include "tests/rig/shared_servers.h"

namespace transload {

class TargetFixture {
 public:
  explicit TargetFixture(const std::string& version = "")
      : server(rig::SharedPostgres(version)), database(rig::FreshDatabase(server)) {
    options.target_url = server.Url(database);
    options.lock_timeout_ms = 5'000;
    options.retries = 1;
  }

  void Sql(const std::string& sql) const { server.Execute(sql, database); }
  std::string Value(const std::string& sql) const { return server.QueryValue(sql, database); }

  Ledger BeginRun() const {
    Ledger ledger = Ledger::Open(options);
    RunRecord run;
    run.id = "r1";
    run.fingerprint = "f";
    run.target_schemas = "public";
    run.seed = 18446744073709551615u;
    ledger.BeginRun(run);
    return ledger;
  }

  // A table `t (id int, name text)` with as many partitions.
  std::int64_t AddTable(Ledger& ledger, int partitions, const std::string& name = "t") const {
    Sql("create table " + name + " (id int, name text)");
    NewTable table{"", name, "public", name, [] { return "{}"; }, 0, 1000};
    std::int64_t id = ledger.RecordTables("r1", {table}).at(0);
    std::vector<NewPartition> parts;
    for (int i = 0; i < partitions; ++i) {
      PartitionRange range{SplitBy::kKey,
                           {"id"},
                           KeyBound{std::to_string(i * 10)},
                           KeyBound{std::to_string(i * 10 + 10)},
                           false};
      parts.push_back({id, range, 100, false});
    }
    ledger.InsertPartitions("r1", parts);
    return id;
  }

  rig::PostgresServer& server;
  std::string database;
  Options options;
};

// One tuple of (int4, text).
inline std::string Tuple(std::uint32_t id, const std::string& name) {
  ByteBuffer bytes;
  bytes.Append(std::string_view("\0\2", 2));
  StoreBe32(bytes.Extend(4), 4);
  StoreBe32(bytes.Extend(4), id);
  StoreBe32(bytes.Extend(4), static_cast<std::uint32_t>(name.size()));
  bytes.Append(name);
  return std::string(bytes.view());
}

inline PartitionOutcome Outcome(std::uint64_t rows) {
  PartitionOutcome outcome;
  outcome.rows_read = outcome.rows_written = rows;
  outcome.checksum.rows = rows;
  return outcome;
}

inline void WriteTuple(PartitionWriter& writer, std::uint32_t id, const std::string& name) {
  std::string tuple = Tuple(id, name);
  writer.Write(tuple.data(), tuple.size());
}

}  // namespace transload

#endif  // TRANSLOAD_TESTS_LOAD_TARGET_FIXTURE_H_
