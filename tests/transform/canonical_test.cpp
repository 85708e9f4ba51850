// Equal values hash alike and different ones do not. The worked examples of docs/checksums.md.
#include "transform/canonical.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/error.h"
#include "tests/transform/encoding.h"

namespace transload {
namespace {

using encoding::FromHex;
using encoding::Hex;

std::string Canonical(std::string_view hex, std::string_view type) {
  ByteBuffer out;
  AppendCanonical(FromHex(hex), ParsePgType(type), out);
  return Hex(out.view());
}

std::vector<TargetColumn> Columns(std::initializer_list<const char*> types) {
  std::vector<TargetColumn> columns;
  for (const char* type : types) columns.push_back(encoding::TargetOf({.target = type}));
  return columns;
}

TEST(Canonical, ForgetsTheScaleOfUnconstrainedNumericOnly) {
  EXPECT_EQ(Canonical("0001000000000002"
                      "0001",
                      "numeric"),
            "0001000000000000"
            "0001");
  EXPECT_EQ(Canonical("0001000000000002"
                      "0001",
                      "numeric(5,2)"),
            "0001000000000002"
            "0001");
}

TEST(Canonical, HasOneNanAndOneZero) {
  EXPECT_EQ(Canonical("80000000", "real"), "00000000");
  EXPECT_EQ(Canonical("ffc00001", "real"), "7fc00000");
  EXPECT_EQ(Canonical("fff8000000000001", "double precision"), "7ff8000000000000");
  EXPECT_EQ(Canonical("ff800000", "real"), "ff800000");
}

TEST(Canonical, DropsThePaddingOfChar) {
  EXPECT_EQ(Canonical("6162202020", "char(5)"), "6162");
  EXPECT_EQ(Canonical("6162202020", "varchar(5)"), "6162202020");
}

TEST(Canonical, LeavesTheElementTypeOutOfArrays) {
  EXPECT_EQ(Canonical("0000000100000000000000190000000100000001"
                      "0000000161",
                      "text[]"),
            "0000000100000000000000000000000100000001"
            "0000000161");
  EXPECT_EQ(Canonical("0000000100000000000006a40000000100000001"
                      "0000000a"
                      "00010000000000020001",
                      "numeric[]"),
            "0000000100000000000000000000000100000001"
            "0000000a"
            "00010000000000000001");
}

TEST(Canonical, WritesGeometryLittleEndianWithTheColumnsSrid) {
  const std::string little = "0101000020e6100000000000000000f03f0000000000000040";
  EXPECT_EQ(Canonical("0020000001000010e63ff00000000000004000000000000000", "geometry"), little);
  EXPECT_EQ(Canonical("0101000000000000000000f03f0000000000000040", "geometry(Point,4326)"),
            little);
  EXPECT_EQ(Canonical(little, "geometry"), little);
  // A collection: the SRID stays on the outside.
  EXPECT_EQ(
      Canonical("0107000020e6100000010000000101000000000000000000f03f0000000000000040", "geometry"),
      "0107000020e6100000010000000101000000000000000000f03f0000000000000040");
}

TEST(Canonical, KeepsWhatIsNoFieldAsItIs) {
  for (const char* type : {"jsonb", "text[]", "geometry", "numeric", "real", "point"}) {
    for (const char* hex : {"", "01", "ffffff", "01ffffffffffffffffff", "000000010000000000"}) {
      EXPECT_EQ(Canonical(hex, type), hex) << type;
    }
  }
}

TEST(RowCanonicaliser, HashesARowTheSameWhetherRebuiltOrNot) {
  const RowCanonicaliser canonicaliser(Columns({"integer", "double precision", "text"}), 5);
  RowBatch batch;
  for (const double value : {0.0, -0.0}) {
    batch.BeginRow();
    batch.AppendCell(FromHex("00000001"));
    std::string field(8, '\0');
    if (std::signbit(value)) field[0] = '\x80';
    batch.AppendCell(field);
    batch.AppendNull();
  }
  ByteBuffer scratch;
  RowChecksum positive, negative, plain;
  canonicaliser.AddRow(batch.Row(0), positive, scratch);
  canonicaliser.AddRow(batch.Row(1), negative, scratch);
  canonicaliser.AddCanonicalRow(batch.Row(0), plain);
  EXPECT_EQ(positive, negative);
  EXPECT_EQ(positive, plain);
}

TEST(RowCanonicaliser, TellsNullFromEmptyAndFieldsApart) {
  const RowCanonicaliser canonicaliser(Columns({"text", "text"}), 5);
  ByteBuffer scratch;
  auto checksum = [&](std::vector<const char*> cells) {
    RowBatch batch;
    batch.BeginRow();
    for (const char* cell : cells) {
      if (cell == nullptr) {
        batch.AppendNull();
      } else {
        batch.AppendCell(cell);
      }
    }
    RowChecksum sum;
    canonicaliser.AddRow(batch.Row(0), sum, scratch);
    return sum.Hex();
  };
  EXPECT_NE(checksum({"ab", "c"}), checksum({"a", "bc"}));
  EXPECT_NE(checksum({"", nullptr}), checksum({nullptr, ""}));
  EXPECT_NE(checksum({"", ""}), checksum({"", nullptr}));
  EXPECT_NE(checksum({"a", "b"}), checksum({"b", "a"}));
  EXPECT_EQ(checksum({"a", "b"}), checksum({"a", "b"}));
}

TEST(RowCanonicaliser, RefusesTuplesOfAnotherShape) {
  const RowCanonicaliser canonicaliser(Columns({"integer", "numeric"}), 5);
  ByteBuffer scratch;
  RowChecksum sum;
  for (const char* hex : {"", "0000", "0000000400000001", "ffffffff", "ffffffffffffffffffffffff",
                          "000000ff00", "ffffffff0000000800"}) {
    EXPECT_THROW(canonicaliser.AddRow(FromHex(hex), sum, scratch), Error) << hex;
  }
  EXPECT_EQ(sum.rows, 0u);
}

TEST(RowCanonicaliser, EncodedRowsAndRowsReadBackAgree) {
  const struct {
    const char* target;
    const char* cell;
    const char* returned;
  } rows[] = {
      {"numeric", "1.500", "000200000000000100011388"},
      {"numeric(10,4)", "1.5", "000200000000000400011388"},
      {"char(5)", "ab", "6162202020"},
      {"jsonb", "{\"b\":1,\"a\":2,\"a\":3}", "017b2261223a20332c202262223a20317d"},
      {"text", "x", "78"},
  };
  for (const auto& row : rows) {
    const encoding::Case c{.target = row.target};
    const RowCanonicaliser canonicaliser({encoding::TargetOf(c)}, 7);
    RowBatch batch;
    batch.BeginRow();
    batch.AppendCell(FromHex(row.returned));
    RowChecksum back;
    ByteBuffer scratch;
    canonicaliser.AddRow(batch.Row(0), back, scratch);
    EXPECT_EQ(encoding::EncodeCell(c, row.cell).checksum, back) << row.target;
  }
}

}  // namespace
}  // namespace transload
