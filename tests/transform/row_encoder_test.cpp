#include "transform/row_encoder.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/error.h"
#include "tests/transform/encoding.h"
#include "transform/canonical.h"

namespace transload {
namespace {

using encoding::Case;
using encoding::Raw;

ColumnPlan Column(std::string name, CellFormat format, std::string target) {
  ColumnPlan column = encoding::PlanOf({.format = format, .target = std::move(target)});
  column.name = column.source.name = std::move(name);
  column.source.type = "sometype";
  return column;
}

RowEncoder TwoColumns() {
  return RowEncoder(
      {Column("id", CellFormat::kSigned, "bigint"),
       Column("note", CellFormat::kText, "varchar(3)")},
      {encoding::TargetOf({.target = "bigint"}), encoding::TargetOf({.target = "varchar(3)"})}, 99);
}

void Add(RowBatch& batch, std::int64_t id, const char* note) {
  batch.BeginRow();
  batch.AppendCell(Raw(id));
  if (note == nullptr) {
    batch.AppendNull();
  } else {
    batch.AppendCell(note);
  }
}

TEST(RowEncoder, WritesTuplesAndLeavesOutFaultyRows) {
  RowBatch batch;
  Add(batch, 1, "abc");
  Add(batch, 2, "too long");
  Add(batch, 3, nullptr);
  CopyBlock block;
  TwoColumns().Encode(batch, block, true);
  EXPECT_EQ(block.rows, 2u);
  EXPECT_EQ(encoding::Hex(block.bytes.view()),
            "0002"
            "00000008"
            "0000000000000001"
            "00000003"
            "616263"
            "0002"
            "00000008"
            "0000000000000003"
            "ffffffff");
  EXPECT_EQ(block.row_starts, (std::vector<std::size_t>{0, 21}));
  ASSERT_EQ(block.faults.size(), 1u);
  EXPECT_EQ(block.faults[0].row, 1u);
  EXPECT_EQ(block.faults[0].column, 1u);
  EXPECT_FALSE(block.faults[0].misfit);
  EXPECT_EQ(block.checksum.rows, 2u);
}

TEST(RowEncoder, HashesTheFieldsAsTheyStand) {
  RowBatch batch;
  Add(batch, 1, "abc");
  CopyBlock block;
  TwoColumns().Encode(batch, block, false);
  RowChecksum expected;
  AddRow(expected, block.bytes.view().substr(2), 99);
  EXPECT_EQ(block.checksum, expected);
  EXPECT_TRUE(block.row_starts.empty());
}

TEST(RowEncoder, AppendsToABlockThatHasRows) {
  RowBatch batch;
  Add(batch, 1, "abc");
  CopyBlock once, twice;
  const RowEncoder encoder = TwoColumns();
  encoder.Encode(batch, once, false);
  encoder.Encode(batch, twice, false);
  encoder.Encode(batch, twice, false);
  EXPECT_EQ(twice.rows, 2u);
  EXPECT_EQ(twice.bytes.size(), 2 * once.bytes.size());
  RowChecksum doubled = once.checksum;
  doubled.Add(once.checksum);
  EXPECT_EQ(twice.checksum, doubled);
}

TEST(RowEncoder, RefusesNullForNotNull) {
  const encoding::Outcome outcome =
      encoding::EncodeCell({.target = "text", .not_null = true}, std::nullopt);
  EXPECT_EQ(outcome.fault, "NULL, but the target column is NOT NULL");
  EXPECT_EQ(encoding::EncodeCell({.target = "text"}, std::nullopt).hex(), "NULL");
}

TEST(RowEncoder, CountsCoercionsWithSamples) {
  const Case c{.target = "text", .policy = "nul_byte=strip"};
  RowEncoder encoder({encoding::PlanOf(c)}, {encoding::TargetOf(c)}, 0);
  RowBatch batch;
  for (int i = 0; i < 5; ++i) {
    batch.BeginRow();
    batch.AppendCell(std::string(1, static_cast<char>('a' + i)) + std::string(1, '\0'));
  }
  CopyBlock block;
  encoder.Encode(batch, block, false);
  encoder.Encode(batch, block, false);
  const Coercion& coercion = block.coercions.at({0, "nul_byte=strip"});
  EXPECT_EQ(coercion.count, 10u);
  EXPECT_EQ(coercion.samples, (std::vector<std::string>{"a\\0", "b\\0", "c\\0"}));
}

TEST(RowEncoder, DoesNotCountWhatWasCoercedInRowsLeftOut) {
  const Case text{.target = "text", .policy = "nul_byte=strip"};
  const Case number{.target = "integer"};
  RowEncoder encoder({encoding::PlanOf(text), encoding::PlanOf(number)},
                     {encoding::TargetOf(text), encoding::TargetOf(number)}, 0);
  RowBatch batch;
  for (const char* number_text : {"1", "x", "2"}) {
    batch.BeginRow();
    batch.AppendCell(std::string("a\0", 2));
    batch.AppendCell(number_text);
  }
  CopyBlock block;
  encoder.Encode(batch, block, false);
  EXPECT_EQ(block.rows, 2u);
  EXPECT_EQ(block.coercions.at({0, "nul_byte=strip"}).count, 2u);
}

TEST(RowEncoder, NamesThePairItHasNoEncoderFor) {
  try {
    RowEncoder({Column("shape", CellFormat::kGeometry, "integer")},
               {encoding::TargetOf({.target = "integer"})}, 0);
    FAIL() << "an encoder from geometry to integer";
  } catch (const Error& error) {
    EXPECT_EQ(error.exit_code, ExitCode::kRefused);
    EXPECT_EQ(error.column, "shape");
    const std::string what = error.what();
    EXPECT_NE(what.find("shape"), what.npos);
    EXPECT_NE(what.find("sometype"), what.npos);
    EXPECT_NE(what.find("integer"), what.npos);
  }
}

TEST(RowEncoder, TakesTablesWithoutColumns) {
  RowEncoder encoder({}, {}, 0);
  RowBatch batch;
  batch.BeginRow();
  batch.BeginRow();
  CopyBlock block;
  encoder.Encode(batch, block, false);
  EXPECT_EQ(encoding::Hex(block.bytes.view()), "00000000");
  EXPECT_EQ(block.rows, 2u);
}

TEST(RowEncoder, TakesItForADefectWhenCellsAndColumnsDiffer) {
  RowBatch batch;
  batch.BeginRow();
  batch.AppendCell(Raw(std::int64_t{1}));
  CopyBlock block;
  EXPECT_THROW(TwoColumns().Encode(batch, block, false), Error);
  batch.Clear();
  Add(batch, 1, "a");
  batch.AppendNull();
  EXPECT_THROW(TwoColumns().Encode(batch, block, false), Error);
}

// Rows as a PostgreSQL server frames them: two numbers, a text, a number, a text, a number.
class ServerRows : public testing::Test {
 protected:
  ServerRows() {
    std::vector<ColumnPlan> columns;
    std::vector<TargetColumn> targets;
    for (const char* type : {"bigint", "integer", "text", "numeric", "text", "bigint"}) {
      const Case c{.format = CellFormat::kPgBinary, .target = type, .policy = "bad_utf8=replace"};
      columns.push_back(encoding::PlanOf(c));
      targets.push_back(encoding::TargetOf(c));
    }
    encoder_ = std::make_unique<RowEncoder>(columns, targets, 7);
  }
  static std::string Framed(const std::vector<std::optional<std::string>>& cells) {
    RowBatch batch;
    batch.BeginRow();
    for (const auto& cell : cells) cell ? batch.AppendCell(*cell) : batch.AppendNull();
    return std::string(batch.Row(0));
  }
  CopyBlock Encode(const std::string& framed) const {
    RowBatch batch;
    batch.AppendFramedRow(framed);
    CopyBlock block;
    encoder_->Encode(batch, block, false);
    return block;
  }
  static constexpr char kNumeric[] = "\0\1\0\0\0\0\0\0\0\1";  // 1, with no digits behind the point
  const std::string numeric_{kNumeric, sizeof kNumeric - 1};
  std::unique_ptr<RowEncoder> encoder_;
};

TEST_F(ServerRows, GoOverAsTheyStandAroundWhatIsChanged) {
  const std::vector<std::vector<std::optional<std::string>>> rows = {
      {"12345678", "1234", "text", numeric_, "more", "87654321"},
      {std::nullopt, "1234", "", numeric_, "more", std::nullopt},
      {std::nullopt, std::nullopt, std::nullopt, std::nullopt, std::nullopt, std::nullopt},
      {"12345678", std::nullopt, "text", std::nullopt, std::nullopt, "87654321"}};
  for (const auto& row : rows) {
    const std::string framed = Framed(row);
    const CopyBlock block = Encode(framed);
    EXPECT_EQ(block.rows, 1u);
    EXPECT_EQ(block.bytes.view().substr(2), framed);
    RowChecksum expected;
    AddRow(expected, framed, 7);
    EXPECT_EQ(block.checksum, expected);
  }
  EXPECT_EQ(Encode(Framed({"12345678", std::nullopt, "\xE9", numeric_, "a\xE9", "87654321"}))
                .bytes.view()
                .substr(2),
            Framed({"12345678", std::nullopt, "\uFFFD", numeric_, "a\uFFFD", "87654321"}));
}

TEST_F(ServerRows, AreNotReadBeyondTheirEnd) {
  const std::string framed =
      Framed({"12345678", "1234", "text", numeric_, std::nullopt, "87654321"});
  for (std::size_t size = 0; size < framed.size(); ++size) {
    EXPECT_THROW(Encode(framed.substr(0, size)), Error) << size;
  }
  std::string lies = framed;
  lies[0] = '\x7F';
  EXPECT_THROW(Encode(lies), Error);
}

bool Takes(CellFormat format, const char* target) {
  try {
    RowEncoder({Column("a", format, "text")}, {encoding::TargetOf({.target = target})}, 0);
    return true;
  } catch (const Error& error) {
    EXPECT_NE(std::string_view(error.what()).find(target), std::string_view::npos);
    return false;
  }
}

TEST(RowEncoder, RefusesPairsWithoutAnEncoder) {
  EXPECT_TRUE(Takes(CellFormat::kText, "uuid"));
  EXPECT_TRUE(Takes(CellFormat::kPgBinary, "tsvector"));
  EXPECT_FALSE(Takes(CellFormat::kText, "tsvector"));
  EXPECT_FALSE(Takes(CellFormat::kSigned, "timestamp"));
  EXPECT_FALSE(Takes(CellFormat::kPgText, "text"));
}

}  // namespace
}  // namespace transload
