#include "verify/witness.h"

#include <gtest/gtest.h>

namespace transload {
namespace {

ColumnPlan Column(const std::string& type, CellFormat format) {
  ColumnPlan column;
  column.source.type = type;
  column.source.format = format;
  return column;
}

TEST(WitnessForm, FollowsTheTargetType) {
  std::string why_not;
  auto form = [&](const std::string& source, CellFormat format, const std::string& target) {
    return WitnessFormOf(Column(source, format), ParsePgType(target), why_not);
  };
  EXPECT_EQ(form("bigint", CellFormat::kSigned, "bigint"), WitnessForm::kExact);
  EXPECT_EQ(form("float", CellFormat::kFloat32, "real"), WitnessForm::kReal);
  EXPECT_EQ(form("datetime", CellFormat::kCivil, "timestamp"), WitnessForm::kMicros);
  EXPECT_EQ(form("timestamp", CellFormat::kCivil, "timestamptz"), WitnessForm::kInstant);
  EXPECT_EQ(form("json", CellFormat::kText, "jsonb"), WitnessForm::kCount);
  EXPECT_EQ(form("set", CellFormat::kText, "text[]"), WitnessForm::kText);
  EXPECT_EQ(form("point", CellFormat::kGeometry, "bytea"), WitnessForm::kBytes);
  EXPECT_EQ(why_not, "");
}

TEST(WitnessForm, LeavesOutColumnsThatAPolicyChanges) {
  ColumnPlan column = Column("date", CellFormat::kCivil);
  column.policies.zero_date = ZeroDate::kNegInfinity;
  std::string why_not;
  WitnessFormOf(column, ParsePgType("date"), why_not);
  EXPECT_EQ(why_not, "policy zero_date changes values of this column");
  column.policies.zero_date = ZeroDate::kError;
  why_not.clear();
  WitnessFormOf(column, ParsePgType("date"), why_not);
  EXPECT_EQ(why_not, "");
}

WitnessRequest OneColumn(WitnessForm form) {
  WitnessRequest request;
  WitnessColumn column;
  column.target.name = "c";
  column.form = form;
  request.columns.push_back(column);
  return request;
}

TableWitness Said(std::uint64_t rows, ColumnWitness column) {
  TableWitness table;
  table.rows = rows;
  column.count = rows;
  table.columns.push_back(std::move(column));
  return table;
}

TEST(CompareWitnesses, NamesTheMeasureThatDiffers) {
  ColumnWitness source, target;
  source.minimum = target.minimum = "737790";
  source.maximum = "737790";
  target.maximum = "737791";
  const ReportWitness witness =
      CompareWitnesses(OneColumn(WitnessForm::kDays), Said(1, source), Said(1, target));
  ASSERT_EQ(witness.differing(), 1u);
  const ReportMeasure& measure = witness.measures.back();
  EXPECT_EQ(measure.measure, "maximum");
  EXPECT_EQ(measure.source, "2020-01-01");
  EXPECT_EQ(measure.target, "2020-01-02");
}

TEST(CompareWitnesses, TakesAMissingSumForADifferenceAndAMissingDigestForNone) {
  ColumnWitness source, target;
  source.digest = "5";
  EXPECT_EQ(
      CompareWitnesses(OneColumn(WitnessForm::kText), Said(1, source), Said(1, target)).differing(),
      0u);
  source.sum = "5";
  EXPECT_EQ(CompareWitnesses(OneColumn(WitnessForm::kExact), Said(1, source), Said(1, target))
                .differing(),
            1u);
}

TEST(Shortest, BringsNumbersIntoOneForm) {
  EXPECT_EQ(ShortestDecimal("-0012.500"), "-12.5");
  EXPECT_EQ(ShortestDecimal("-0.00"), "0");
  EXPECT_EQ(ShortestDecimal("00"), "0");
  EXPECT_EQ(ShortestDecimal("0.05"), "0.05");
  EXPECT_EQ(ShortestDecimal("100"), "100");
  EXPECT_EQ(ShortestDecimal("NaN"), "NaN");
  EXPECT_EQ(ShortestReal(-0.0), "0");
  EXPECT_EQ(ShortestReal(16777217.0F), "16777216");
}

}  // namespace
}  // namespace transload
