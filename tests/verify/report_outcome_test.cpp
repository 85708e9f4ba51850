#include "verify/report_outcome.h"

#include <gtest/gtest.h>

#include <csignal>
#include <functional>

namespace transload {
namespace {

// Every fact at once, taken away one by one in the order of the exit codes' precedence.
TEST(ExitCodeOrder, FirstFactThatAppliesWins) {
  RunFacts facts;
  facts.bug = "x";
  facts.usage_error = "x";
  facts.refusal = "x";
  facts.signal = SIGINT;
  facts.fault = "x";
  facts.mismatched_tables = 1;
  facts.failed_objects = 1;
  facts.rejected_rows = 3;
  std::vector<std::pair<int, std::function<void()>>> steps = {
      {1, [&] { facts.bug.clear(); }},           {2, [&] { facts.usage_error.clear(); }},
      {3, [&] { facts.refusal.clear(); }},       {130, [&] { facts.signal = SIGTERM; }},
      {143, [&] { facts.signal = 0; }},          {4, [&] { facts.fault.clear(); }},
      {6, [&] { facts.mismatched_tables = 0; }}, {7, [&] { facts.failed_objects = 0; }},
      {5, [&] { facts.rejected_rows = 0; }},     {0, [] {}},
  };
  for (const auto& [code, take_away] : steps) {
    EXPECT_EQ(static_cast<int>(Decide(Outcomes(facts))), code);
    take_away();
  }
}

TEST(Outcomes, CallADefectSoOnce) {
  RunFacts facts;
  facts.bug = "a defect of transload, please report it: what?";
  EXPECT_EQ(Outcomes(facts).front().text, facts.bug);
  facts.bug = "what?";
  EXPECT_EQ(Outcomes(facts).front().text, "a defect of transload: what?");
}

TEST(Outcomes, ListAllFactsTheWorstFirst) {
  RunFacts facts;
  facts.broken_row_laws = 1;
  facts.failed_checks = 1;
  facts.unverified_tables = 2;
  facts.rejected_rows = 1;
  std::vector<ReportOutcome> outcomes = Outcomes(facts);
  ASSERT_EQ(outcomes.size(), 4u);
  EXPECT_EQ(outcomes[0].code, ExitCode::kDifference);
  EXPECT_EQ(outcomes[1].code, ExitCode::kDifference);
  EXPECT_EQ(outcomes[2].code, ExitCode::kIncomplete);
  EXPECT_EQ(outcomes[3].code, ExitCode::kRejectedRows);
}

TEST(Outcomes, UnverifiedTablesEndInZeroOnlyWhenAllowed) {
  RunFacts facts;
  facts.unverified_tables = 1;
  EXPECT_EQ(Decide(Outcomes(facts)), ExitCode::kIncomplete);
  facts.allow_unverified = true;
  EXPECT_EQ(Decide(Outcomes(facts)), ExitCode::kDone);
  EXPECT_NE(Outcomes(facts)[0].text.find("not verified"), std::string::npos);
}

TEST(Outcomes, NeverClaimAProofThatWasNotAskedFor) {
  RunFacts facts;
  facts.unproven = "verification was not asked for";
  EXPECT_EQ(Decide(Outcomes(facts)), ExitCode::kDone);
  EXPECT_EQ(Outcomes(facts)[0].text, "done, not verified: verification was not asked for");
  facts.rejected_rows = 1;
  EXPECT_EQ(Decide(Outcomes(facts)), ExitCode::kRejectedRows);
}

TEST(Outcomes, SayOfNothingThatWasStoppedThatItIsDone) {
  RunFacts facts;
  facts.signal = SIGINT;
  facts.failed_objects = 1;
  facts.rejected_rows = 2;
  std::vector<ReportOutcome> outcomes = Outcomes(facts);
  ASSERT_EQ(outcomes.size(), 3u);
  EXPECT_EQ(outcomes[1].text, "1 object could not be created");
  EXPECT_EQ(outcomes[2].text, "2 rows were rejected so far");
  facts.signal = 0;
  EXPECT_EQ(Outcomes(facts)[0].text, "the data is in, but 1 object could not be created");
  EXPECT_EQ(Outcomes(facts)[1].text, "done, and 2 rows were rejected, all accounted for");
}

TEST(Outcomes, SayWhatWasComparedWhereItWasNotAll) {
  Report report;
  report.tables.resize(2);
  report.tables[0].verdict = Verdict::kMatch;
  RunFacts facts;
  facts.lesser = LesserProof(VerifyLevel::kCount, 10);
  EXPECT_EQ(Outcomes(facts)[0].text, "done and verified, by row counts alone, as a sample of 10%");
  QualifyMatches(report, facts.lesser);
  EXPECT_EQ(report.tables[0].reason, "by row counts alone, as a sample of 10%");
  EXPECT_EQ(report.tables[1].reason, "");
  EXPECT_EQ(LesserProof(VerifyLevel::kFull, std::nullopt), "");
}

TEST(FactsOf, NamesATableThatBreaksTheLawOfRowsOnce) {
  Report report;
  ReportTable table;
  table.name = "shop.a";
  table.read = 10;
  table.written = 8;
  table.rejected = 1;
  table.verdict = Verdict::kMatch;
  report.tables.push_back(table);
  report.objects.push_back({"index", "i", "a", "failed", "no", 0});
  FactsOf(report);
  RunFacts facts = FactsOf(report);
  EXPECT_EQ(facts.broken_row_laws, 1u);
  EXPECT_EQ(facts.rejected_rows, 1u);
  EXPECT_EQ(facts.failed_objects, 1u);
  ASSERT_EQ(report.differences.size(), 1u);
  EXPECT_EQ(report.differences[0].kind, "row law");
  EXPECT_EQ(Decide(Outcomes(facts)), ExitCode::kDifference);
}

}  // namespace
}  // namespace transload
