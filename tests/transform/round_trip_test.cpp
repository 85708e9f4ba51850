// decode(encode(v)) == v on seeded random values, decoded by code that shares nothing with the
// encoders.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <random>

#include "tests/transform/encoding.h"
#include "transform/civil_time.h"

namespace transload {
namespace {

using encoding::Case;
using encoding::Raw;

constexpr std::uint32_t kSeed = 424242;

std::uint64_t BigEndian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char c : bytes) value = value << 8 | static_cast<std::uint8_t>(c);
  return value;
}

// Encodes all cells in one batch and hands each field to `check`.
template <typename Check>
void ForEach(const Case& c, const std::vector<std::string>& cells, Check check) {
  SCOPED_TRACE(fmt::format("seed {}", kSeed));
  RowEncoder encoder({encoding::PlanOf(c)}, {encoding::TargetOf(c)}, 1);
  RowBatch batch;
  for (const std::string& cell : cells) {
    batch.BeginRow();
    batch.AppendCell(cell);
  }
  CopyBlock block;
  encoder.Encode(batch, block, true);
  ASSERT_TRUE(block.faults.empty()) << block.faults[0].reason;
  ASSERT_EQ(block.row_starts.size(), cells.size());
  for (std::size_t i = 0; i < cells.size(); ++i) {
    CellCursor cursor(block.bytes.view().substr(block.row_starts[i] + 2));
    check(i, cursor.Next().view());
  }
}

TEST(RoundTrip, Integers) {
  std::mt19937_64 random(kSeed);
  std::vector<std::string> cells;
  std::vector<std::int64_t> values;
  for (int i = 0; i < 5000; ++i) {
    values.push_back(static_cast<std::int64_t>(random() >> random() % 64));
    if (i % 2 == 0) values.back() = -values.back();
    cells.push_back(Raw(values.back()));
  }
  ForEach({.format = CellFormat::kSigned, .target = "bigint"}, cells,
          [&](std::size_t i, std::string_view field) {
            ASSERT_EQ(static_cast<std::int64_t>(BigEndian(field)), values[i]);
          });
  ForEach(
      {.format = CellFormat::kSigned, .target = "text"}, cells,
      [&](std::size_t i, std::string_view field) { ASSERT_EQ(field, fmt::to_string(values[i])); });
  ForEach({.format = CellFormat::kSigned, .target = "numeric"}, cells,
          [&](std::size_t i, std::string_view field) {
            ASSERT_EQ(RenderField(field, ParsePgType("numeric")), fmt::to_string(values[i]));
          });
}

TEST(RoundTrip, Floats) {
  std::mt19937_64 random(kSeed);
  std::vector<std::string> doubles, floats;
  for (int i = 0; i < 5000; ++i) {
    doubles.push_back(Raw(random()));
    floats.push_back(Raw(static_cast<std::uint32_t>(random())));
  }
  auto reversed = [](std::string_view bytes) { return std::string(bytes.rbegin(), bytes.rend()); };
  ForEach({.format = CellFormat::kFloat64, .target = "double precision"}, doubles,
          [&](std::size_t i, std::string_view field) { ASSERT_EQ(reversed(field), doubles[i]); });
  ForEach({.format = CellFormat::kFloat32, .target = "real"}, floats,
          [&](std::size_t i, std::string_view field) { ASSERT_EQ(reversed(field), floats[i]); });
}

TEST(RoundTrip, EveryDayOfNineThousandYears) {
  // Day by day against a calendar kept by counting.
  int year = 1, month = 1, day = 1;
  std::int32_t days = DaysFromCivil(1, 1, 1);
  EXPECT_EQ(days, -730119);
  while (year < 10000) {
    ASSERT_EQ(DaysFromCivil(year, static_cast<unsigned>(month), static_cast<unsigned>(day)), days);
    const CivilDate back = CivilFromDays(days);
    ASSERT_TRUE(back.year == year && back.month == static_cast<unsigned>(month) &&
                back.day == static_cast<unsigned>(day));
    ++days;
    const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    const int last = month == 2 ? (leap ? 29 : 28) : 30 + (month + (month > 7)) % 2;
    if (++day > last) {
      day = 1;
      if (++month > 12) {
        month = 1;
        ++year;
      }
    }
  }
  EXPECT_EQ(days, DaysFromCivil(9999, 12, 31) + 1);
}

TEST(RoundTrip, Timestamps) {
  std::mt19937_64 random(kSeed);
  std::vector<std::string> cells, texts, shown;
  for (int i = 0; i < 5000; ++i) {
    const int year = 1 + static_cast<int>(random() % 9999);
    const int month = 1 + static_cast<int>(random() % 12);
    const int day = 1 + static_cast<int>(random() % 28);
    const int hour = static_cast<int>(random() % 24);
    const int minute = static_cast<int>(random() % 60);
    const int second = static_cast<int>(random() % 60);
    const std::uint32_t micros = static_cast<std::uint32_t>(random() % 1000000);
    cells.push_back(encoding::Civil(year, month, day, hour, minute, second, micros * 1000));
    texts.push_back(fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}.{:06}", year, month, day, hour,
                                minute, second, micros));
    shown.push_back(texts.back());
    while (shown.back().ends_with('0')) shown.back().pop_back();
    if (shown.back().ends_with('.')) shown.back().pop_back();
  }
  auto check = [&](std::size_t i, std::string_view field) {
    ASSERT_EQ(RenderField(field, ParsePgType("timestamp")), shown[i]);
  };
  ForEach({.format = CellFormat::kCivil, .target = "timestamp"}, cells, check);
  ForEach({.format = CellFormat::kText, .target = "timestamp"}, texts, check);
}

TEST(RoundTrip, Durations) {
  std::mt19937_64 random(kSeed);
  std::vector<std::string> cells;
  std::vector<std::int64_t> micros;
  for (int i = 0; i < 5000; ++i) {
    const std::int64_t span = std::int64_t{3'020'400} * 1'000'000;
    micros.push_back(static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(2 * span)) -
                     span);
    cells.push_back(Raw(micros.back() * 1000));
  }
  ForEach({.format = CellFormat::kDuration, .target = "interval"}, cells,
          [&](std::size_t i, std::string_view field) {
            ASSERT_EQ(static_cast<std::int64_t>(BigEndian(field.substr(0, 8))), micros[i]);
            ASSERT_EQ(BigEndian(field.substr(8)), 0u);
          });
}

TEST(RoundTrip, BitsOfEveryWidth) {
  std::mt19937_64 random(kSeed);
  for (std::int64_t width = 1; width <= 64; ++width) {
    std::vector<std::string> cells;
    std::vector<std::uint64_t> values;
    for (int i = 0; i < 20; ++i) {
      values.push_back(random() >> (64 - width));
      std::string cell;
      for (std::int64_t k = (width + 7) / 8 - 1; k >= 0; --k) {
        cell += static_cast<char>(values.back() >> (8 * k));
      }
      cells.push_back(cell);
    }
    const std::string target = fmt::format("bit({})", width);
    ForEach({.format = CellFormat::kBits, .target = target, .source_type = "bit", .length = width},
            cells, [&](std::size_t i, std::string_view field) {
              ASSERT_EQ(BigEndian(field.substr(0, 4)), static_cast<std::uint64_t>(width));
              const std::size_t pad = 8 * (field.size() - 4) - static_cast<std::size_t>(width);
              ASSERT_EQ(BigEndian(field.substr(4)) >> pad, values[i]) << target;
              ASSERT_EQ(BigEndian(field.substr(4)) & ((1u << pad) - 1), 0u) << "padding is zero";
            });
  }
}

TEST(RoundTrip, TextAndBytes) {
  std::mt19937 random(kSeed);
  std::vector<std::string> cells;
  for (int i = 0; i < 300; ++i) {
    std::string text;
    for (std::size_t k = random() % 400; k > 0; --k) {
      text += random() % 5 == 0 ? "é" : std::string(1, static_cast<char>('a' + random() % 26));
    }
    cells.push_back(text);
  }
  auto same = [&](std::size_t i, std::string_view field) { ASSERT_EQ(field, cells[i]); };
  ForEach({.target = "text"}, cells, same);
  ForEach({.format = CellFormat::kBytes, .target = "bytea"}, cells, same);
  ForEach({.target = "varchar(400)"}, cells, same);
}

}  // namespace
}  // namespace transload
