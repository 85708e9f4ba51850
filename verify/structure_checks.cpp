#include "verify/structure_checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "core/error.h"
#include "load/ddl.h"

namespace transload {
namespace {

constexpr int kOrphansShown = 3;

class TableChecks {
 public:
  TableChecks(const TablePlan& plan, const Options& options, TableReader& target, Report& report)
      : plan_(plan),
        options_(options),
        target_(target),
        report_(report),
        label_(plan.schema + "." + plan.name),
        table_(ddl::Qualified(plan.schema, plan.name)) {}

  void Run() {
    for (const ForeignKeyPlan& key : plan_.foreign_keys) {
      if (!options_.Wants(CheckKind::kForeignKeys)) break;
      Check("foreign key " + key.name + " of " + label_,
            [&](ReportCheck& check) { LookUpReferences(key, check); });
    }
    for (const ColumnPlan& column : plan_.columns) {
      if (!column.identity || !options_.Wants(CheckKind::kSequences)) continue;
      Check("sequence of " + label_ + "." + column.name,
            [&](ReportCheck& check) { CompareSequence(column, check); });
    }
    // Tables that rows were only moved into have the indexes and constraints of whoever made them.
    if (options_.data_only) return;
    if (!plan_.indexes.empty() && options_.Wants(CheckKind::kIndexes)) {
      Check("indexes of " + label_, [&](ReportCheck& check) { CountIndexes(check); });
    }
    const bool constraints = !plan_.foreign_keys.empty() || !plan_.checks.empty();
    if (constraints && options_.Wants(CheckKind::kConstraints)) {
      Check("constraints of " + label_, [&](ReportCheck& check) { CountConstraints(check); });
    }
  }

 private:
  void Check(const std::string& name, const std::function<void(ReportCheck&)>& look) {
    ReportCheck check;
    check.name = name;
    target_.Query("SAVEPOINT structure_check");
    try {
      look(check);
    } catch (const Error& error) {
      if (error.interrupted || error.connection_lost) throw;
      check.target = std::string("could not be looked at: ") + error.what();
    }
    target_.Query("ROLLBACK TO SAVEPOINT structure_check");
    report_.checks.push_back(std::move(check));
  }

  std::string Value(const std::string& sql) { return target_.Query(sql).at(0).at(0).value_or(""); }

  void LookUpReferences(const ForeignKeyPlan& key, ReportCheck& check) {
    std::string joined, given, shown;
    for (std::size_t i = 0; i < key.columns.size(); ++i) {
      const std::string column = ddl::QuoteName(key.columns[i]);
      const char* comma = i == 0 ? "" : " AND ";
      joined += fmt::format("{}p.{} = c.{}", comma, ddl::QuoteName(key.parent_columns[i]), column);
      given += fmt::format("{}c.{} IS NOT NULL", comma, column);
      shown += fmt::format("{}{} || '=' || c.{}::text", i == 0 ? "" : " || ', ' || ",
                           ddl::QuoteLiteral(key.columns[i]), column);
    }
    const auto orphans = target_.Query(fmt::format(
        "SELECT count(*) OVER (), {} FROM {} c WHERE {} AND NOT EXISTS (SELECT FROM {} p WHERE {}) "
        "ORDER BY 2 LIMIT {}",
        shown, table_, given, ddl::Qualified(key.parent_schema, key.parent_table), joined,
        kOrphansShown));
    target_.ThrowIfRewritten(plan_.schema, plan_.name);
    target_.ThrowIfRewritten(key.parent_schema, key.parent_table);
    check.source =
        "every reference leads to a row of " + key.parent_schema + "." + key.parent_table;
    const std::string count = orphans.empty() ? "0" : orphans[0].at(0).value_or("");
    check.target = count + " orphans";
    // A key that the source itself did not enforce may have orphans there too.
    check.verdict = orphans.empty() || !key.validate ? Verdict::kMatch : Verdict::kMismatch;
    for (const auto& orphan : orphans) {
      report_.differences.push_back(
          {label_, orphan.at(1).value_or(""), "", "", "", "orphan of foreign key " + key.name});
    }
  }

  void CompareSequence(const ColumnPlan& column, ReportCheck& check) {
    const std::string sequence =
        Value(fmt::format("SELECT pg_get_serial_sequence({}, {})", ddl::QuoteLiteral(table_),
                          ddl::QuoteLiteral(column.name)));
    if (sequence.empty()) {
      check.source = "a sequence";
      check.target = "the column has none";
      check.verdict = options_.data_only ? Verdict::kMatch : Verdict::kMismatch;
      return;
    }
    const std::string next =
        Value(fmt::format("SELECT (CASE WHEN is_called THEN last_value::numeric + 1 ELSE "
                          "last_value END)::text FROM {}",
                          sequence));
    const std::string highest = Value(fmt::format("SELECT coalesce(max({}), 0)::text FROM {}",
                                                  ddl::QuoteName(column.name), table_));
    target_.ThrowIfRewritten(plan_.schema, plan_.name);
    check.source = "above the highest value, " + highest;
    check.target = "next value " + next;
    check.verdict = Value(fmt::format("SELECT {}::numeric > {}::numeric", next, highest)) == "t"
                        ? Verdict::kMatch
                        : Verdict::kMismatch;
  }

  void CountIndexes(ReportCheck& check) {
    auto planned = [&](auto&& of_kind) {
      return std::count_if(plan_.indexes.begin(), plan_.indexes.end(), of_kind);
    };
    // A PostgreSQL table's key may be a unique index.
    auto is_primary = [](const IndexPlan& i) { return i.primary && i.constraint; };
    const auto primary = planned(is_primary);
    const auto unique = planned([&](const IndexPlan& i) { return i.unique && !is_primary(i); });
    const auto plain = planned([&](const IndexPlan& i) { return !i.unique && !is_primary(i); });
    const auto there = target_.Query(fmt::format(
        "SELECT count(*) FILTER (WHERE indisprimary), count(*) FILTER (WHERE indisunique AND NOT "
        "indisprimary), count(*) FILTER (WHERE NOT indisunique AND NOT indisprimary), count(*) "
        "FILTER (WHERE NOT (indisvalid AND indisready)) FROM pg_catalog.pg_index WHERE indrelid = "
        "{}::regclass",
        ddl::QuoteLiteral(table_)))[0];
    auto count = [&](std::size_t column) { return std::stoll(there.at(column).value_or("0")); };
    check.source = fmt::format("{} primary, {} unique, {} plain", primary, unique, plain);
    check.target = fmt::format("{} primary, {} unique, {} plain, {} invalid", count(0), count(1),
                               count(2), count(3));
    Judge(check, count(3) == 0, {{primary, count(0)}, {unique, count(1)}, {plain, count(2)}});
  }

  void CountConstraints(ReportCheck& check) {
    const auto validated = std::count_if(plan_.foreign_keys.begin(), plan_.foreign_keys.end(),
                                         [](const ForeignKeyPlan& key) { return key.validate; });
    const auto keys = static_cast<std::ptrdiff_t>(plan_.foreign_keys.size());
    const auto checks = static_cast<std::ptrdiff_t>(plan_.checks.size());
    const auto there = target_.Query(fmt::format(
        "SELECT count(*) FILTER (WHERE contype = 'f'), count(*) FILTER (WHERE contype = 'f' AND "
        "convalidated), count(*) FILTER (WHERE contype = 'c') FROM pg_catalog.pg_constraint WHERE "
        "conrelid = {}::regclass",
        ddl::QuoteLiteral(table_)))[0];
    auto count = [&](std::size_t column) { return std::stoll(there.at(column).value_or("0")); };
    check.source = fmt::format("{} foreign keys, {} validated, {} checks", keys, validated, checks);
    check.target =
        fmt::format("{} foreign keys, {} validated, {} checks", count(0), count(1), count(2));
    Judge(check, true, {{keys, count(0)}, {validated, count(1)}, {checks, count(2)}});
  }

  // Fewer than planned is a difference; more are the user's own, and are shown.
  static void Judge(ReportCheck& check, bool valid,
                    const std::vector<std::pair<std::ptrdiff_t, long long>>& counts) {
    check.verdict = Verdict::kMatch;
    for (const auto& [planned, there] : counts) {
      if (there < planned || !valid) check.verdict = Verdict::kMismatch;
    }
  }

  const TablePlan& plan_;
  const Options& options_;
  TableReader& target_;
  Report& report_;
  std::string label_;
  std::string table_;
};

}  // namespace

void CheckStructure(const std::vector<const TablePlan*>& tables, const Options& options,
                    TableReader& target, Report& report) {
  for (const TablePlan* plan : tables) TableChecks(*plan, options, target, report).Run();
}

}  // namespace transload
