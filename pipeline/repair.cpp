#include "pipeline/repair.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <set>
#include <thread>

#include "core/error.h"
#include "pipeline/retry.h"
#include "verify/recheck.h"

namespace transload {
namespace {

// A later pass finds what the one before could not know, and puts right what foreign keys refused
// as long as other tables were not.
constexpr int kMostPasses = 6;

// Statements in the report's folder, readable by their owner only: they hold values of rows.
class SqlFile {
 public:
  explicit SqlFile(const std::string& folder)
      : path_((std::filesystem::path(folder) / "repair.sql").string()),
        fd_(::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)) {
    if (fd_ < 0) throw Error("cannot write " + path_);
  }
  ~SqlFile() { ::close(fd_); }
  SqlFile(const SqlFile&) = delete;
  SqlFile& operator=(const SqlFile&) = delete;

  void Write(const std::string& sql) const {
    for (std::size_t done = 0; done < sql.size();) {
      const ssize_t wrote = ::write(fd_, sql.data() + done, sql.size() - done);
      if (wrote < 0) throw Error("cannot write " + path_ + ": is the disk full?");
      done += static_cast<std::size_t>(wrote);
    }
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
  int fd_;
};

void Add(const RepairCounts& counts, RepairCounts& sum) {
  sum.deleted += counts.deleted;
  sum.updated += counts.updated;
  sum.inserted += counts.inserted;
  sum.quiet = sum.quiet && counts.quiet;
}

class Repairing {
 public:
  Repairing(Source& source, const Options& options, const CompareRequest& request,
            RepairRound& round)
      : source_(source), options_(options), request_(request), round_(round) {}

  std::vector<TableVerdict> Run() {
    std::vector<std::size_t> positions(request_.tables.size());
    for (std::size_t i = 0; i < positions.size(); ++i) positions[i] = i;
    std::vector<TableVerdict> verdicts(positions.size());
    DifferenceFile* file = request_.file;
    RepairTables(positions, file, verdicts);
    if (round_.cost.target_known && round_.ends()) {
      std::vector<std::size_t> matching;
      for (std::size_t i : positions) {
        if (verdicts[i].verdict == Verdict::kMatch) matching.push_back(i);
      }
      // Written by somebody else meanwhile: compared as if nothing were known.
      const std::vector<std::size_t> others =
          ConfirmTargets(options_, request_, matching, verdicts, round_.cost);
      for (std::size_t i : others) round_.memory->Forget(*request_.tables[i].bound);
      RepairTables(others, file, verdicts);
    }
    Note();
    if (round_.memory != nullptr) {
      for (std::size_t i : positions) {
        const TableVerdict& verdict = verdicts[i];
        round_.memory->Settle(*request_.tables[i].bound,
                              verdict.verdict == Verdict::kMatch && verdict.target_sum &&
                                  verdict.target_sum == verdict.source_sum);
      }
    }
    return verdicts;
  }

 private:
  void RepairTables(std::vector<std::size_t> positions, DifferenceFile* file,
                    std::vector<TableVerdict>& verdicts) {
    CompareRequest request = request_;
    request.memory = round_.memory;
    request.file = file;
    for (int pass = 1; !positions.empty(); ++pass) {
      repaired_.clear();
      failed_.clear();
      lost_.clear();
      request.found = [&](const DrilledTable& table) {
        if (pass < kMostPasses) Repair(table);
      };
      request.tables.clear();
      for (std::size_t i : positions) request.tables.push_back(request_.tables[i]);
      std::vector<TableVerdict> now = Compare(request);
      std::vector<std::size_t> again;
      const bool some = !repaired_.empty();
      for (std::size_t i = 0; i < now.size(); ++i) {
        const BoundTable* bound = request.tables[i].bound;
        const bool refused = lost_.contains(bound) || (some && failed_.contains(bound));
        const bool repaired = repaired_.contains(bound);
        if (refused || (repaired && !Rechecked(request.tables[i], now[i]))) {
          again.push_back(positions[i]);
          if (round_.memory != nullptr) round_.memory->Forget(*bound);
        }
        verdicts[positions[i]] = std::move(now[i]);
      }
      positions = std::move(again);
      if (!lost_.empty()) {
        std::this_thread::sleep_for(BackOff(pass));
        request_.watch.throw_if_stopped();
      }
      request.file = nullptr;  // holds what was found at first
    }
  }

  // Once rows were repaired, "nothing was touched" would be wrong of a connection that is not had.
  std::vector<TableVerdict> Compare(const CompareRequest& request) {
    try {
      return VerifyDatabases(source_, options_, request, &round_.cost);
    } catch (Error& error) {
      if (!totals_.empty() && error.exit_code == ExitCode::kRefused) {
        error.exit_code = ExitCode::kStopped;
      }
      throw;
    }
  }

  void Note() {
    for (const auto& [bound, why] : reasons_) {
      round_.notes.push_back(fmt::format("{}.{} could not be repaired: {}", bound->plan().schema,
                                         bound->plan().name, why));
    }
    for (const auto& [bound, counts] : totals_) {
      if (counts.updated + counts.inserted + counts.deleted == 0) {
        if (reasons_.contains(bound)) continue;
        round_.notes.push_back(
            fmt::format("no row of {}.{} was changed by its repair: where it still differs, a "
                        "trigger or a rule of the target may turn rows away",
                        bound->plan().schema, bound->plan().name));
        continue;
      }
      ++round_.tables;
      round_.notes.push_back(fmt::format("repaired {}.{}: {} rows replaced, {} added, {} deleted",
                                         bound->plan().schema, bound->plan().name, counts.updated,
                                         counts.inserted, counts.deleted));
    }
  }

  void Repair(const DrilledTable& table) {
    const BoundTable* bound = table.account.table;
    const auto began = std::chrono::steady_clock::now();
    try {
      const RepairCounts counts = RepairTable(options_, table, round_.lock);
      Add(counts, round_.counts);
      Add(counts, totals_[bound]);
      if (!counts.refused.empty()) {
        failed_.insert(bound);
        reasons_[bound] = counts.refused;
      }
      if (!failed_.contains(bound)) reasons_.erase(bound);
      const auto [repaired, first] = repaired_.try_emplace(bound, counts.quiet);
      repaired->second = repaired->second && counts.quiet && !failed_.contains(bound);
      if (request_.watch.worked) request_.watch.worked("repair", *bound, began);
    } catch (const Error& error) {
      if (error.interrupted || error.snapshot_lost || error.lock_lost) throw;
      failed_.insert(bound);
      if (MayTryAgain(error)) lost_.insert(bound);
      reasons_[bound] = error.what();
      if (auto known = repaired_.find(bound); known != repaired_.end()) known->second = false;
    }
  }

  // Only the ranges that were repaired, where nothing else can have changed by that.
  bool Rechecked(const CompareTable& table, TableVerdict& verdict) {
    if (!repaired_[table.bound] || request_.level != VerifyLevel::kChecksum) return false;
    try {
      TableReader target(options_);
      return RecheckRanges(target, *table.bound, request_.watch.throw_if_stopped, verdict);
    } catch (const Error& error) {
      if (error.interrupted) throw;
      return false;  // to be compared as a whole, which will tell
    }
  }

  Source& source_;
  const Options& options_;
  const CompareRequest& request_;
  RepairRound& round_;
  // In this pass; true where the repair can have changed nothing but the rows it names.
  std::map<const BoundTable*, bool> repaired_;
  std::set<const BoundTable*> failed_;                // in this pass
  std::set<const BoundTable*> lost_;                  // of these, by what a new try may get past
  std::map<const BoundTable*, std::string> reasons_;  // of the last failure, unless mended
  std::map<const BoundTable*, RepairCounts> totals_;
};

}  // namespace

std::vector<TableVerdict> VerifyAndRepair(Source& source, const Options& options,
                                          const CompareRequest& request, RepairRound& round) {
  const auto start = std::chrono::steady_clock::now();
  std::vector<TableVerdict> verdicts;
  switch (options.repair) {
    case Repair::kNone:
      return VerifyDatabases(source, options, request);
    case Repair::kSql: {
      const SqlFile file(options.report_dir);
      CompareRequest with_sql = request;
      with_sql.found = [&](const DrilledTable& table) { file.Write(RepairSql(table)); };
      verdicts = VerifyDatabases(source, options, with_sql);
      round.notes.push_back("the statements of the repair are in " + file.path());
      break;
    }
    case Repair::kApply:
      verdicts = Repairing(source, options, request, round).Run();
      break;
  }
  round.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return verdicts;
}

}  // namespace transload
