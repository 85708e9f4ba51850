// The bytes of a real PostgreSQL (tests/golden) against what encoders write, the canonical form
// makes of them, and rendering shows.
#include <gtest/gtest.h>

#include <fstream>

#include "tests/transform/encoding.h"
#include "transform/canonical.h"
#include "transform/render_field.h"

namespace transload {
namespace {

using encoding::Case;
using encoding::EncodeCell;
using encoding::FromHex;
using encoding::Hex;
using encoding::Outcome;

struct Vector {
  std::string type;
  std::string field;
  std::string text;
};

std::vector<Vector> Read(const std::string& file, bool hex_last) {
  std::ifstream in(std::string(TRANSLOAD_GOLDEN_DIR) + "/" + file);
  std::vector<Vector> vectors;
  for (std::string line; std::getline(in, line);) {
    const std::size_t first = line.find(" | ");
    const std::size_t second = hex_last ? line.rfind(" | ") : line.find(" | ", first + 3);
    const std::string middle = line.substr(first + 3, second - first - 3);
    const std::string last = line.substr(second + 3);
    vectors.push_back(
        {line.substr(0, first), FromHex(hex_last ? last : middle), hex_last ? middle : last});
  }
  return vectors;
}

std::string Canonical(std::string_view field, const PgType& type) {
  ByteBuffer out;
  AppendCanonical(field, type, out);
  return std::string(out.view());
}

TEST(Golden, RenderingPrintsWhatPostgresqlPrints) {
  const std::vector<Vector> vectors = Read("sent_vectors.txt", false);
  ASSERT_GT(vectors.size(), 190u);
  for (const Vector& v : vectors) {
    if (v.type == "money") continue;  // its text depends on the server's locale
    std::string text;
    ASSERT_TRUE(AppendFieldText(text, v.field, ParsePgType(v.type))) << v.type << " " << v.text;
    EXPECT_EQ(text, v.text) << v.type;
  }
}

// Does the text hold only what a source's text may hold, too?
bool SourceWritesItSo(const Vector& v) {
  const PgKind kind = ParsePgType(v.type).kind;
  auto has = [&](std::string_view part) { return v.text.find(part) != v.text.npos; };
  switch (kind) {
    case PgKind::kNumeric:
      return !has("N") && !has("Inf");
    case PgKind::kDate:
    case PgKind::kTimestamp:
    case PgKind::kTimestamptz:
      return !has("BC") && !has("infinity") && v.text.find('-') == 4;
    case PgKind::kInterval:
      return !has("mon") && !has("day") && !has("year");
    case PgKind::kTimetz:
    case PgKind::kMoney:
    case PgKind::kPoint:
    case PgKind::kArray:
    case PgKind::kBytea:
    case PgKind::kJsonb:
      return false;
    default:
      return true;
  }
}

TEST(Golden, EncodersWriteWhatPostgresqlSends) {
  std::size_t compared = 0;
  for (const Vector& v : Read("sent_vectors.txt", false)) {
    if (!SourceWritesItSo(v)) continue;
    const Case c{.format = CellFormat::kText, .target = v.type};
    const Outcome outcome = EncodeCell(c, v.text);
    ASSERT_EQ(outcome.fault, "") << v.type << " " << v.text;
    const PgType type = ParsePgType(v.type);
    if (type.kind == PgKind::kBpchar) {
      EXPECT_EQ(Canonical(*outcome.field, type), Canonical(v.field, type)) << v.text;
    } else {
      EXPECT_EQ(outcome.hex(), Hex(v.field)) << v.type << " " << v.text;
    }
    ++compared;
  }
  EXPECT_GT(compared, 140u);
}

// A tuple read back hashes as the one that was sent, whatever PostgreSQL rewrites.
TEST(Golden, CanonicalFormIsTheSameOnBothSides) {
  const struct {
    const char* type;
    const char* sent;
    const char* returned;
  } pairs[] = {
      {"numeric", "00000000d0000000", "00000000d0000020"},
      {"numeric",
       "0001000000000002"
       "0001",
       "00010000000000000001"},
      {"char(5)", "6162", "6162202020"},
      {"real", "ffc00001", "7fc00000"},
      {"real", "80000000", "00000000"},
      {"double precision", "8000000000000000", "0000000000000000"},
      {"point", "80000000000000000000000000000000", "00000000000000000000000000000000"},
      {"jsonb", "017b2262223a312e302c2261223a3165322c226262223a2d302c2261223a322e35307d",
       "017b2261223a20322e35302c202262223a20312e302c20226262223a20307d"},
      {"xml", "3c3f786d6c2076657273696f6e3d22312e30223f3e0a3c612f3e", "3c612f3e"},
      {"text[]", "0000000100000001000f423f00000001000000010000000178",
       "0000000100000000000000190000000100000001"
       "0000000178"},
  };
  for (const auto& pair : pairs) {
    const PgType type = ParsePgType(pair.type);
    EXPECT_EQ(Hex(Canonical(FromHex(pair.sent), type)),
              Hex(Canonical(FromHex(pair.returned), type)))
        << pair.type;
  }
}

TEST(Golden, VectorsThatCopyAcceptedAreWhatEncodersWrite) {
  std::size_t compared = 0;
  for (const Vector& v : Read("copy_vectors.txt", true)) {
    const bool plain = v.text.find_first_not_of("0123456789.-: ") == v.text.npos &&
                       v.text.find("::") == v.text.npos;
    Case c{.format = CellFormat::kText, .target = v.type};
    if (v.type == "numeric" && plain) c.format = CellFormat::kDecimal;
    if (!plain || v.text == "1753" || v.type.starts_with("bit") || v.type.starts_with("bool"))
      continue;
    if (v.type != "numeric" && v.type != "date" && v.type != "timestamp" && v.type != "interval" &&
        v.type != "time" && v.type != "inet") {
      continue;
    }
    EXPECT_EQ(EncodeCell(c, v.text).hex(), Hex(v.field)) << v.type << " " << v.text;
    ++compared;
  }
  EXPECT_GT(compared, 20u);
}

}  // namespace
}  // namespace transload
