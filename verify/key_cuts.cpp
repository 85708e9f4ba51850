#include "verify/key_cuts.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include "core/row_batch.h"
#include "load/ddl.h"
#include "verify/read_back.h"

namespace transload {
namespace {

constexpr std::size_t kPointBytes = 16;
constexpr std::uint64_t kSign = std::uint64_t{1} << 63;
constexpr std::int64_t kLeast = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
// Header of a binary numeric: digits, weight, sign, scale; 16 bits each.
constexpr std::size_t kNumericHeader = 8;
constexpr std::uint16_t kNegative = 0x4000;
constexpr std::uint16_t kPositive = 0x0000;

bool IsInteger(PgKind kind) {
  return kind == PgKind::kInt2 || kind == PgKind::kInt4 || kind == PgKind::kInt8 ||
         kind == PgKind::kNumeric;
}

bool IsBytes(PgKind kind) { return kind == PgKind::kUuid || kind == PgKind::kBytea; }

std::uint16_t Be16(const char* at) {
  return static_cast<std::uint16_t>((static_cast<unsigned char>(at[0]) << 8) |
                                    static_cast<unsigned char>(at[1]));
}

std::int64_t SignedField(std::string_view field) {
  std::uint64_t value = 0;
  for (char byte : field) value = (value << 8) | static_cast<unsigned char>(byte);
  const std::size_t unused = 64 - 8 * field.size();
  return static_cast<std::int64_t>(value << unused) >> unused;
}

// The largest integer that is not above the number, or the nearest that has 64 bits.
std::int64_t FloorOfNumeric(std::string_view field) {
  if (field.size() < kNumericHeader) return kMost;
  const int digits = Be16(field.data());
  const int weight = static_cast<std::int16_t>(Be16(field.data() + 2));
  const std::uint16_t sign = Be16(field.data() + 4);
  if (sign != kPositive && sign != kNegative) return kMost;  // NaN sorts last
  const bool negative = sign == kNegative;
  std::uint64_t whole = 0;
  bool fraction = false;
  bool overflow = weight > 4;
  for (int i = 0; i <= std::max(weight, digits - 1) && !overflow; ++i) {
    const std::size_t at = kNumericHeader + 2 * static_cast<std::size_t>(i);
    const std::uint64_t digit = i < digits && at + 2 <= field.size() ? Be16(field.data() + at) : 0;
    if (i > weight) {
      fraction = fraction || digit != 0;
    } else {
      overflow = __builtin_mul_overflow(whole, std::uint64_t{10'000}, &whole) ||
                 __builtin_add_overflow(whole, digit, &whole);
    }
  }
  if (digits > 0 && weight < 0) fraction = true;
  if (negative && fraction && !overflow) overflow = __builtin_add_overflow(whole, 1u, &whole);
  if (overflow || whole > static_cast<std::uint64_t>(kMost)) return negative ? kLeast : kMost;
  return negative ? -static_cast<std::int64_t>(whole) : static_cast<std::int64_t>(whole);
}

KeyPoint PointOfBytes(std::string_view bytes) {
  std::array<unsigned char, kPointBytes> point{};
  std::copy_n(bytes.begin(), std::min(bytes.size(), kPointBytes), point.begin());
  KeyPoint words;
  for (std::size_t i = 0; i < 8; ++i) words.high = (words.high << 8) | point[i];
  for (std::size_t i = 8; i < kPointBytes; ++i) words.low = (words.low << 8) | point[i];
  return words;
}

std::optional<std::string> BytesOfHex(const std::string& hex) {
  std::string digits;
  for (char c : hex) {
    if (c != '-') digits += c;  // of a UUID
  }
  std::string bytes;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
    unsigned value = 0;
    const char* end = digits.data() + i + 2;
    if (std::from_chars(digits.data() + i, end, value, 16).ptr != end) return std::nullopt;
    bytes += static_cast<char>(value);
  }
  return bytes;
}

// Columns of the primary key, in its order, as positions among the copied ones.
std::vector<std::size_t> KeyInOrder(const BoundTable& table) {
  for (const IndexPlan& index : table.plan().indexes) {
    if (!index.primary) continue;
    std::vector<std::size_t> order;
    for (const IndexPartPlan& part : index.parts) {
      for (std::size_t i = 0; i < table.columns().size(); ++i) {
        if (ddl::QuoteName(table.columns()[i].name) == part.sql) order.push_back(i);
      }
    }
    if (order.size() == index.parts.size()) return order;
  }
  return {};
}

}  // namespace

std::optional<KeyCuts> KeyCuts::For(const BoundTable& table, bool any_key) {
  const std::vector<std::size_t> key = KeyInOrder(table);
  if (key.empty()) return std::nullopt;
  auto kind = [&](std::size_t i) { return table.targets()[key[i]].type.kind; };
  KeyCuts cuts;
  std::size_t used = 1;
  cuts.bytes_ = IsBytes(kind(0));
  if (!IsInteger(kind(0)) && !(cuts.bytes_ && any_key)) return std::nullopt;
  // Of the leading one of several numerics a cut could fall between two of its values.
  if (any_key && key.size() == 2 && IsInteger(kind(0)) && IsInteger(kind(1)) &&
      kind(0) != PgKind::kNumeric) {
    used = 2;
  }
  const bool dynamic = table.columns()[key[0]].source.format == CellFormat::kDynamic;
  if (dynamic && key.size() > 1) return std::nullopt;
  cuts.pattern_.by = dynamic ? SplitBy::kRowid : SplitBy::kKey;
  for (std::size_t i = 0; i < used; ++i) {
    cuts.columns_.push_back(key[i]);
    cuts.kinds_.push_back(kind(i));
    if (!dynamic) cuts.pattern_.columns.push_back(table.columns()[key[i]].source.name);
  }
  if (!RangeInTarget(table, cuts.pattern_)) return std::nullopt;
  return cuts;
}

bool KeyCuts::Add(const std::vector<std::string>& key) {
  if (key.size() != columns_.size()) return false;
  if (bytes_) {
    std::optional<std::string> bytes = BytesOfHex(key[0]);
    if (!bytes) return false;
    const bool uuid = kinds_[0] == PgKind::kUuid;
    if (uuid && bytes->size() != kPointBytes) return false;
    bytes->resize(std::min(bytes->size(), kPointBytes));
    // A shorter string is less than the same one with zeros behind it, which a point can't tell.
    while (!uuid && !bytes->empty() && bytes->back() == '\0') bytes->pop_back();
    if (bytes->empty()) return false;
    cuts_.push_back(PointOfBytes(*bytes));
    return true;
  }
  std::array<std::uint64_t, 2> words{};
  for (std::size_t i = 0; i < key.size(); ++i) {
    const std::string_view whole = std::string_view(key[i]).substr(0, key[i].find('.'));
    std::int64_t value = 0;
    const auto [end, failure] = std::from_chars(whole.data(), whole.data() + whole.size(), value);
    if (failure != std::errc() || end != whole.data() + whole.size()) return false;
    // Where larger numbers are cut short to, no cut can be.
    if (value == kLeast || (value == kMost && kinds_[i] == PgKind::kNumeric)) return false;
    words[i] = static_cast<std::uint64_t>(value) ^ kSign;
  }
  cuts_.push_back({words[0], words[1]});
  return true;
}

void KeyCuts::Add(const KeyCuts& other) {
  cuts_.insert(cuts_.end(), other.cuts_.begin(), other.cuts_.end());
}

void KeyCuts::Settle(std::size_t every) {
  std::sort(cuts_.begin(), cuts_.end());
  cuts_.erase(std::unique(cuts_.begin(), cuts_.end()), cuts_.end());
  if (every < 2) return;
  std::vector<KeyPoint> kept;
  for (std::size_t i = every; i < cuts_.size(); i += every) kept.push_back(cuts_[i]);
  cuts_ = std::move(kept);
}

std::optional<std::uint64_t> KeyCuts::WordOf(const Cell& field, std::size_t position) const {
  if (field.null) return std::nullopt;
  const std::int64_t value = kinds_[position] == PgKind::kNumeric ? FloorOfNumeric(field.view())
                                                                  : SignedField(field.view());
  return static_cast<std::uint64_t>(value) ^ kSign;
}

std::optional<KeyPoint> KeyCuts::PointOf(std::string_view fields) const {
  std::array<Cell, 2> found{};
  const std::size_t last = *std::max_element(columns_.begin(), columns_.end());
  CellCursor cursor(fields);
  for (std::size_t i = 0; i <= last; ++i) {
    const Cell field = cursor.Next();
    for (std::size_t k = 0; k < columns_.size(); ++k) {
      if (columns_[k] == i) found[k] = field;
    }
  }
  if (bytes_) {
    if (found[0].null) return std::nullopt;
    return PointOfBytes(found[0].view());
  }
  KeyPoint point;
  std::optional<std::uint64_t> word = WordOf(found[0], 0);
  if (!word) return std::nullopt;
  point.high = *word;
  if (columns_.size() == 2) {
    word = WordOf(found[1], 1);
    if (!word) return std::nullopt;
    point.low = *word;
  }
  return point;
}

std::size_t KeyCuts::Find(std::string_view fields, std::size_t near) const {
  const std::optional<KeyPoint> point = PointOf(fields);
  if (!point) return size();
  // Rows mostly come in the key's order, many of one sub-range together.
  if (near < size() && (near == 0 || cuts_[near - 1] <= *point) &&
      (near == cuts_.size() || *point < cuts_[near])) {
    return near;
  }
  return static_cast<std::size_t>(std::upper_bound(cuts_.begin(), cuts_.end(), *point) -
                                  cuts_.begin());
}

KeyBound KeyCuts::Bound(const KeyPoint& cut) const {
  if (!bytes_) {
    KeyBound bound = {std::to_string(static_cast<std::int64_t>(cut.high ^ kSign))};
    if (columns_.size() == 2) {
      bound.push_back(std::to_string(static_cast<std::int64_t>(cut.low ^ kSign)));
    }
    return bound;
  }
  std::string hex = fmt::format("{:016x}{:016x}", cut.high, cut.low);
  while (kinds_[0] == PgKind::kBytea && hex.ends_with("00")) hex.resize(hex.size() - 2);
  return {hex};
}

PartitionRange KeyCuts::Range(std::size_t first, std::size_t last) const {
  PartitionRange range = pattern_;
  if (first > 0) range.lower = Bound(cuts_[first - 1]);
  if (last < cuts_.size()) range.upper = Bound(cuts_[last]);
  return range;
}

}  // namespace transload
