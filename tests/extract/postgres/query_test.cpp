// The statements that the adapter sends, and which values it asks for as text.
#include <gtest/gtest.h>

#include "extract/postgres/row_reader.h"
#include "extract/postgres/wire_form.h"

namespace transload::postgres {
namespace {

TEST(PostgresQuery, QuotesNamesAndBoundsAndReadsOneTableOnly) {
  ReadRequest request;
  request.schema = "app";
  request.table = "o\"k";
  request.columns = {{"a b", "", CellFormat::kPgBinary},
                     {"c", "\"c\"::pg_catalog.text", CellFormat::kPgText}};
  request.range.by = SplitBy::kKey;
  request.range.columns = {"a b", "c"};
  request.range.lower = KeyBound{"1", "it's"};
  request.where = "x or y";
  EXPECT_EQ(SelectSql(request, false),
            "SELECT \"a b\", \"c\"::pg_catalog.text FROM ONLY \"app\".\"o\"\"k\" WHERE "
            "((\"a b\", \"c\") >= ('1', 'it''s')\n) AND (x or y\n)");
  request.range = {};
  request.where.clear();
  EXPECT_EQ(SelectSql(request, true),
            "SELECT \"a b\", \"c\"::pg_catalog.text FROM \"app\".\"o\"\"k\"");
}

TEST(PostgresQuery, CutsByBlocksWithBothEndsOpen) {
  PartitionRange range;
  range.by = SplitBy::kBlocks;
  EXPECT_EQ(RangeSql(range), "");
  range.lower = KeyBound{"10"};
  EXPECT_EQ(RangeSql(range), "ctid >= '(10,0)'::tid");
  range.upper = KeyBound{"20"};
  EXPECT_EQ(RangeSql(range), "ctid >= '(10,0)'::tid AND ctid < '(20,0)'::tid");
}

TEST(PostgresWireForm, SendsAsTextWhatNamesObjectsByNumberOrHasNoBinaryForm) {
  EXPECT_EQ(WireForm({"pg_catalog", "int4", 'b', true}), CellFormat::kPgBinary);
  EXPECT_EQ(WireForm({"pg_catalog", "oid", 'b', true}), CellFormat::kPgBinary);
  EXPECT_EQ(WireForm({"pg_catalog", "regclass", 'b', true}), CellFormat::kPgText);
  EXPECT_EQ(WireForm({"pg_catalog", "aclitem", 'b', false}), CellFormat::kPgText);
  EXPECT_EQ(WireForm({"app", "regclass", 'b', true}), CellFormat::kPgBinary);
  EXPECT_EQ(WireForm({"app", "mood", 'e', true}), CellFormat::kPgBinary);
  EXPECT_EQ(WireForm({"app", "addr", 'c', true}), CellFormat::kPgText);
  EXPECT_EQ(WireForm({"app", "span", 'r', true}), CellFormat::kPgBinary);
}

}  // namespace
}  // namespace transload::postgres
