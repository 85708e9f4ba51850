#include "mappings/observations.h"

#include <algorithm>
#include <optional>

namespace transload {
namespace {

// A number, or a time in seconds: sign, whole part (at most the largest uint64) and nanos.
struct Magnitude {
  bool negative = false;
  std::uint64_t whole = 0;
  std::uint32_t nanos = 0;
};

std::optional<Magnitude> ReadMagnitude(std::string_view text) {
  Magnitude out;
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) {
    out.negative = text[0] == '-';
    text.remove_prefix(1);
  }
  std::uint64_t before = 0;  // hours and minutes, in the unit of the field at hand
  std::uint32_t unit = 0;    // of the next fraction digit, in nanos; 0 before the point
  bool fraction = false;
  if (text.empty()) return std::nullopt;
  for (char c : text) {
    if (c >= '0' && c <= '9') {
      const auto digit = static_cast<std::uint32_t>(c - '0');
      if (fraction) {
        out.nanos += digit * unit;
        unit /= 10;
      } else if (out.whole > (UINT64_MAX - digit) / 10) {
        out.whole = UINT64_MAX;
      } else {
        out.whole = out.whole * 10 + digit;
      }
    } else if (c == ':' && !fraction) {
      before = (before + out.whole) * 60;
      out.whole = 0;
    } else if (c == '.' && !fraction) {
      fraction = true;
      unit = 100'000'000;
    } else {
      return std::nullopt;
    }
  }
  out.whole += before;
  if (out.whole == 0 && out.nanos == 0) out.negative = false;
  return out;
}

bool LessOrEqual(const Magnitude& a, const Magnitude& b) {
  if (a.negative != b.negative) return a.negative;
  auto pair_of = [](const Magnitude& m) { return std::pair(m.whole, m.nanos); };
  return a.negative ? pair_of(b) <= pair_of(a) : pair_of(a) <= pair_of(b);
}

bool Between(const std::string& text, const std::string& lowest, const std::string& highest) {
  std::optional<Magnitude> value = ReadMagnitude(text);
  // A text that can't be read proves nothing: not within.
  return value && LessOrEqual(*ReadMagnitude(lowest), *value) &&
         LessOrEqual(*value, *ReadMagnitude(highest));
}

}  // namespace

std::uint64_t Count(const ColumnFacts& facts, const std::string& finding) {
  for (const auto& [name, count] : facts.counts) {
    if (name == finding) return count;
  }
  return 0;
}

bool WithinRange(const ColumnFacts& facts, const std::string& lowest, const std::string& highest) {
  return (!facts.minimum || Between(*facts.minimum, lowest, highest)) &&
         (!facts.maximum || Between(*facts.maximum, lowest, highest));
}

std::set<std::string> Observations(const ColumnFacts& facts, const SourceColumn& column) {
  std::set<std::string> words;
  if (!facts.known) return words;
  auto count = [&](const char* finding) { return Count(facts, finding); };
  const std::uint64_t integers = count("integer");
  const std::uint64_t reals = count("real");
  const std::uint64_t texts = count("text");
  const std::uint64_t blobs = count("blob");
  const std::uint64_t all = integers + reals + texts + blobs;
  auto holds = [&](const char* word, bool condition) {
    if (condition) words.insert(word);
  };

  holds("empty", all == 0);
  holds("integer", integers == all);
  holds("int2", WithinRange(facts, "-32768", "32767"));
  holds("int4", WithinRange(facts, "-2147483648", "2147483647"));
  holds("integral", integers + count("integral_real") == all);
  holds("number", integers + reals == all);
  holds("exact_in_double", count("int_beyond_double") == 0 || reals == 0);
  holds("finite", count("real_infinite") == 0);
  holds("declared_digits",
        count("real_infinite") == 0 && column.precision > 0 &&
            count("max_scale") <= static_cast<std::uint64_t>(std::max(column.scale, 0)) &&
            count("max_int_digits") <=
                static_cast<std::uint64_t>(column.precision - std::max(column.scale, 0)));
  holds("boolean", count("int_bool") + count("text_bool") == all);
  holds("text", texts == all);
  holds("blob", blobs == all);
  holds("text_like", texts + count("blob_utf8") == all && count("nul_byte") == 0);
  holds("text_or_blob", texts + blobs == all);
  holds("date", count("text_date") == all);
  holds("datetime", count("text_datetime") == all);
  holds("datetime_zone", count("text_datetime_zone") == all);
  holds("time", count("text_time") == all);
  holds("uuid", count("text_uuid") + count("blob_uuid") == all);
  holds("json", count("json") == all);
  holds("jsonb", count("json_jsonb") == all);
  holds("unix_seconds", count("int_unix_seconds") == all);
  holds("unix_millis", count("int_unix_millis") == all);
  holds("unix_micros", count("int_unix_micros") == all);
  holds("julian", count("real_julian") == all);
  return words;
}

}  // namespace transload
