// The PostgreSQL server that a migration goes into: who it is and whether it is fit for the run.
//
// One control connection (libpqxx), used by one thread at a time; it holds neither locks nor
// transactions between calls, and is made anew when it was lost. Transaction-pooling proxies are
// refused when connecting: the ledger's advisory lock, COPY and snapshots all need a session.
#ifndef TRANSLOAD_LOAD_TARGET_H_
#define TRANSLOAD_LOAD_TARGET_H_

#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/options.h"
#include "core/pg_type.h"
#include "core/plan.h"
#include "core/round_trip.h"
#include "core/source_facts.h"

namespace transload {

class Session;

struct TargetInfo {
  int version_num = 0;  // 150020
  std::string version;  // "15.20"
  std::string database;
  std::string user;
  std::string display_url;
  std::string system_identifier;  // empty where the server does not tell
  std::string encoding;           // "UTF8"
  std::vector<std::string> extensions_installed;
  std::vector<std::string> extensions_available;
  bool superuser = false;
  bool icu = false;  // collations of ICU can be made
  std::string host;
  std::string port;
};

struct ExistingTable {
  std::string schema;
  std::string name;
  char kind = 'r';  // pg_class.relkind: r table, v view, p partitioned, S sequence, i index, ...
  bool has_rows = false;
};

class Target {
 public:
  // Throws an Error with exit code kRefused when the server cannot be reached or is not usable.
  static Target Connect(const Options& options);
  Target(Target&&) noexcept;
  Target& operator=(Target&&) noexcept;
  ~Target();

  const TargetInfo& Info() const { return info_; }
  RoundTrip MeasureRoundTrip();
  // `parents`: partitioned tables that may go with theirs (ParentsOfAll).
  std::vector<PreflightItem> Preflight(
      const MigrationPlan& plan, const Options& options,
      const std::vector<std::pair<std::string, std::string>>& parents = {});
  // Relations that stand where the plan's tables and sequences want to be.
  std::vector<ExistingTable> ExistingTables(const MigrationPlan& plan);
  // Their names alone: schema and name.
  std::set<std::pair<std::string, std::string>> Standing(const MigrationPlan& plan);
  // Which of the partitioned tables `parents`, by schema and name, stand here with these tables as
  // all of their partitions: dropping them drops no other rows.
  std::vector<std::pair<std::string, std::string>> ParentsOfAll(
      const std::vector<const TablePlan*>& tables,
      const std::vector<std::pair<std::string, std::string>>& parents);
  bool HasTable(const std::string& schema, const std::string& table);
  // Whether the schema for the ledger holds one, of whatever version.
  bool HasLedger();
  // All columns of a table, in order; empty when there is no such table, or none in it.
  std::vector<TargetColumn> DescribeTable(const std::string& schema, const std::string& table);
  // Runs a user's step, several statements at once, on a session of its own, in one transaction
  // with its entry in the ledger. `position`: among all steps, from 1; part of what a run was
  // planned from.
  void RunSql(const SqlStep& step, const std::string& run_id, std::size_t position);
  // One query of a [[check]]: the result as text, columns by '\t' and rows by '\n'; NULL as \N.
  std::string QueryText(const std::string& sql);
  // Makes everything committed before durable, when lanes committed with synchronous_commit off.
  void CommitSynchronously();

 private:
  Target(const Options& options, std::unique_ptr<Session> session, TargetInfo info);
  template <typename Call>
  auto On(Call call);
  struct Relation {
    char kind = 'r';        // pg_class.relkind
    bool readable = false;  // a table whose rows may be looked at
  };
  using Relations = std::map<std::pair<std::string, std::string>, Relation>;  // by schema and name
  Relations FindRelations(const MigrationPlan& plan);
  bool WasCommitted(const std::string& transaction_id);

  Options options_;
  std::unique_ptr<Session> session_;
  TargetInfo info_;
};

}  // namespace transload

#endif  // TRANSLOAD_LOAD_TARGET_H_
