#include "core/policy.h"

#include <fmt/format.h>

#include <charconv>
#include <functional>

#include "core/error.h"
#include "core/utf8.h"

namespace transload {
namespace {

// One policy: its words in enum order, and how to reach its field. A word that ends in ':' takes an
// argument.
struct Entry {
  std::string name;
  std::vector<std::string> words;
  std::string meaning;
  std::function<void(Policies&, int, std::string_view)> set;
  std::function<int(const Policies&)> get;
  std::function<std::string(const Policies&)> argument;
};

template <typename Enum>
Entry Plain(std::string name, std::vector<std::string> words, std::string meaning,
            Enum Policies::*field) {
  return {
      std::move(name),
      std::move(words),
      std::move(meaning),
      [field](Policies& p, int index, std::string_view) { p.*field = static_cast<Enum>(index); },
      [field](const Policies& p) { return static_cast<int>(p.*field); },
      [](const Policies&) { return std::string(); }};
}

template <typename Enum>
Entry WithArgument(std::string name, std::vector<std::string> words, std::string meaning,
                   Enum Policies::*field, std::string Policies::*argument) {
  Entry entry = Plain(std::move(name), std::move(words), std::move(meaning), field);
  entry.set = [field, argument](Policies& p, int index, std::string_view text) {
    p.*field = static_cast<Enum>(index);
    p.*argument = std::string(text);
  };
  entry.argument = [argument](const Policies& p) { return p.*argument; };
  return entry;
}

const std::vector<Entry>& Entries() {
  static const std::vector<Entry> entries = {
      WithArgument("zero_date", {"null", "neg_infinity", "epoch:", "error"},
                   "a whole-zero date or datetime, 0000-00-00", &Policies::zero_date,
                   &Policies::zero_date_epoch),
      Plain("partial_date", {"error", "null", "clamp_first", "text"},
            "a date with month or day zero, or a day that its month does not have",
            &Policies::partial_date),
      Plain("year0", {"error", "bc", "null"},
            "a real month and day in year 0000; bc writes year 1 BC", &Policies::year0),
      WithArgument("nul_byte", {"error", "strip", "replace:", "bytea"}, "U+0000 in text",
                   &Policies::nul_byte, &Policies::nul_replacement),
      Plain("bad_utf8", {"error", "replace", "latin1", "bytea"},
            "text that is not well-formed UTF-8, or of MySQL's other character sets what has no "
            "Unicode; replace writes U+FFFD, latin1 reads the former's bytes as U+0000 to U+00FF",
            &Policies::bad_utf8),
      Plain("json_bad", {"error", "json_type", "text", "strip_nul", "null"},
            "a document that jsonb refuses", &Policies::json_bad),
      Plain("num_overflow", {"error", "null", "widen"}, "a number outside the target type's range",
            &Policies::num_overflow),
      Plain("ts_excess", {"truncate", "round", "error"},
            "more than six digits of a second's fraction", &Policies::ts_excess),
      Plain("bool_other", {"smallint", "nonzero_true", "error"},
            "a tinyint(1) that holds more than 0 and 1", &Policies::bool_other),
      Plain("enum_zero", {"null", "empty", "error"},
            "an ENUM value with index 0, stored by an invalid insert", &Policies::enum_zero),
      Plain("ci", {"deterministic", "icu", "citext"},
            "columns with a case-insensitive collation; icu and citext compare without regard to "
            "case by PostgreSQL's rules, which are not the source's",
            &Policies::ci),
      Plain("generated", {"materialise", "translate"},
            "generated columns: plain columns with the values, or translated expressions",
            &Policies::generated),
      Plain("sqlite_misfit", {"widen", "reject", "stop"},
            "SQLite values whose storage class does not fit the declared type",
            &Policies::sqlite_misfit),
      Plain("sqlite_epoch", {"none", "unix_s", "unix_ms", "unix_us", "julian"},
            "numbers in SQLite columns that are declared as dates or times",
            &Policies::sqlite_epoch),
  };
  return entries;
}

const Entry& Find(std::string_view name) {
  std::string known;
  for (const Entry& entry : Entries()) {
    if (entry.name == name) return entry;
    known += (known.empty() ? "" : ", ") + entry.name;
  }
  throw UsageError(fmt::format("unknown policy '{}'; known are: {}", name, known));
}

// "epoch:" shown as "epoch:..." to a reader.
std::string Shown(const std::string& word) { return word.back() == ':' ? word + "…" : word; }

// "U+2400" to UTF-8.
std::string CodePoint(std::string_view text) {
  std::uint32_t value = 0;
  bool valid = false;
  if (text.size() > 2 && text.starts_with("U+")) {
    auto [end, error] = std::from_chars(text.data() + 2, text.data() + text.size(), value, 16);
    valid = error == std::errc() && end == text.data() + text.size() && value > 0 &&
            value <= 0x10FFFF && !(value >= 0xD800 && value <= 0xDFFF);
  }
  if (!valid) {
    throw UsageError(
        fmt::format("nul_byte=replace: wants a code point such as U+2400, not '{}'", text));
  }
  std::string out;
  AppendUtf8(out, value);
  return out;
}

}  // namespace

const std::vector<PolicyInfo>& PolicyCatalogue() {
  static const std::vector<PolicyInfo> catalogue = [] {
    std::vector<PolicyInfo> infos;
    for (const Entry& entry : Entries()) {
      PolicyInfo info{entry.name, {}, entry.meaning};
      for (const std::string& word : entry.words) info.values.push_back(Shown(word));
      infos.push_back(std::move(info));
    }
    return infos;
  }();
  return catalogue;
}

void SetPolicy(Policies& policies, std::string_view name, std::string_view value) {
  const Entry& entry = Find(name);
  std::string known;
  for (std::size_t i = 0; i < entry.words.size(); ++i) {
    const std::string& word = entry.words[i];
    if (word.back() != ':' && word == value) {
      entry.set(policies, static_cast<int>(i), {});
      return;
    }
    if (word.back() == ':' && value.starts_with(word) && value.size() > word.size()) {
      std::string_view argument = value.substr(word.size());
      if (entry.name == "nul_byte") {
        CodePoint(argument);  // refuses what is none
      }
      entry.set(policies, static_cast<int>(i), argument);
      return;
    }
    known += (known.empty() ? "" : ", ") + Shown(word);
  }
  throw UsageError(
      fmt::format("policy {} cannot be '{}'; it takes one of: {}", name, value, known));
}

std::string PolicyValue(const Policies& policies, std::string_view name) {
  const Entry& entry = Find(name);
  return entry.words[static_cast<std::size_t>(entry.get(policies))] + entry.argument(policies);
}

std::string NulReplacementUtf8(const Policies& policies) {
  return CodePoint(policies.nul_replacement);
}

}  // namespace transload
