#include "mappings/type_rules.h"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <map>

#include "core/ascii.h"
#include "core/error.h"
#include "core/glob.h"
#include "mappings/rule_files.h"

namespace transload {
namespace {

[[noreturn]] void RefuseRules(const std::string& name, const toml::node& node,
                              const std::string& why) {
  throw BugError(fmt::format("{}.toml:{}: {}", name, node.source().begin.line, why));
}

std::string Text(const std::string& name, const toml::node& node) {
  if (auto value = node.value<std::string>()) return *value;
  RefuseRules(name, node, "expected a text");
}

std::vector<std::string> Texts(const std::string& name, const toml::node& node) {
  std::vector<std::string> out;
  if (const toml::array* array = node.as_array()) {
    for (const toml::node& item : *array) out.push_back(Text(name, item));
  } else {
    out.push_back(Text(name, node));
  }
  return out;
}

// "name=value|value": the policy's name and values must exist.
void CheckPolicy(const std::string& name, const toml::node& node, const std::string& condition) {
  const std::size_t equals = condition.find('=');
  if (equals == std::string::npos) RefuseRules(name, node, "policy wants name=value");
  std::string_view values = std::string_view(condition).substr(equals + 1);
  while (!values.empty()) {
    const std::size_t bar = std::min(values.find('|'), values.size());
    Policies probe;
    SetPolicy(probe, condition.substr(0, equals), values.substr(0, bar));
    values.remove_prefix(std::min(bar + 1, values.size()));
  }
}

RuleConditions ParseWhen(const std::string& name, const toml::table& table) {
  RuleConditions when;
  for (const auto& [key, node] : table) {
    if (key == "unsigned") {
      when.is_unsigned = node.value<bool>();
    } else if (key == "auto_increment") {
      when.auto_increment = node.value<bool>();
    } else if (key == "json_alias") {
      when.json_alias = node.value<bool>();
    } else if (key == "case_insensitive") {
      when.case_insensitive = node.value<bool>();
    } else if (key == "length") {
      when.length = node.value<std::int64_t>();
    } else if (key == "extension") {
      when.extension = Text(name, node);
    } else if (key == "policy") {
      when.policy = Text(name, node);
      CheckPolicy(name, node, when.policy);
    } else if (key == "observed") {
      when.observed = Texts(name, node);
    } else {
      RefuseRules(name, node, fmt::format("unknown condition '{}'", key.str()));
    }
  }
  return when;
}

TypeRule ParseRule(const std::string& name, const toml::table& table) {
  TypeRule rule;
  for (const auto& [key, node] : table) {
    if (key == "source") {
      rule.source = Texts(name, node);
    } else if (key == "when" && node.is_table()) {
      rule.when = ParseWhen(name, *node.as_table());
    } else if (key == "to") {
      rule.to = Text(name, node);
    } else if (key == "safe") {
      rule.safe = Text(name, node);
    } else if (key == "fits") {
      std::vector<std::string> range = Texts(name, node);
      if (range.size() != 2) RefuseRules(name, node, "fits wants two values");
      rule.fits.emplace(range[0], range[1]);
    } else if (key == "decode") {
      rule.decode = Text(name, node);
    } else if (key == "check") {
      rule.check = Text(name, node);
    } else if (key == "note") {
      rule.note = Text(name, node);
    } else {
      RefuseRules(name, node, fmt::format("unknown key '{}'", key.str()));
    }
  }
  if (rule.source.empty() || rule.to.empty()) {
    RefuseRules(name, table, "a rule wants source and to");
  }
  return rule;
}

bool PolicyHolds(const Policies& policies, const std::string& condition) {
  const std::size_t equals = condition.find('=');
  const std::string value = PolicyValue(policies, condition.substr(0, equals));
  std::string_view rest = std::string_view(condition).substr(equals + 1);
  while (!rest.empty()) {
    const std::size_t bar = std::min(rest.find('|'), rest.size());
    if (rest.substr(0, bar) == value) return true;
    rest.remove_prefix(std::min(bar + 1, rest.size()));
  }
  return false;
}

bool Holds(const RuleConditions& when, const RuleContext& context) {
  const SourceColumn& column = context.column;
  auto differs = [](const auto& wanted, auto actual) { return wanted && *wanted != actual; };
  if (differs(when.is_unsigned, column.is_unsigned)) return false;
  if (differs(when.auto_increment, column.auto_increment)) return false;
  if (differs(when.json_alias, column.is_json_alias)) return false;
  if (differs(when.length, column.length)) return false;
  if (when.case_insensitive && *when.case_insensitive != IsCaseInsensitive(column.collation)) {
    return false;
  }
  if (!when.extension.empty() && !context.extensions.contains(when.extension)) return false;
  if (!when.policy.empty() && !PolicyHolds(context.policies, when.policy)) return false;
  return std::all_of(when.observed.begin(), when.observed.end(),
                     [&](const std::string& word) { return context.observed.contains(word); });
}

constexpr std::int32_t kMaxPrecision = 1000;  // of PostgreSQL's numeric

// "(20,0)", "({n})" with what the column has; nothing when it lacks one of them.
std::string ExpandPlaceholder(std::string_view word, const SourceColumn& column) {
  auto number = [](std::int64_t value) { return value < 0 ? "" : std::to_string(value); };
  if (word == "n") return number(column.length);
  if (word == "f") return number(column.precision);
  if (word == "p" || word == "s") {
    const std::int32_t scale = std::max(column.scale, 0);
    // Other sources declare more digits than PostgreSQL can, or more behind the point than in all.
    const bool declarable =
        column.precision > 0 && column.precision <= kMaxPrecision && scale <= column.precision;
    if (!declarable) return "";
    return number(word == "p" ? column.precision : scale);
  }
  if (word == ",srid") {
    return column.srid && *column.srid != 0 ? fmt::format(",{}", *column.srid) : "";
  }
  throw BugError(fmt::format("a type rule uses an unknown placeholder '{}'", word));
}

}  // namespace

TypeRules ParseTypeRules(const std::string& name, std::string_view toml_text) {
  TypeRules out;
  out.name = name;
  out.text = toml_text;
  try {
    const toml::table document = toml::parse(toml_text, name + ".toml");
    for (const auto& [key, node] : document) {
      if (key == "engine") {
        out.engine = Text(name, node);
      } else if (key == "rule" && node.is_array_of_tables()) {
        for (const toml::node& rule : *node.as_array()) {
          out.rules.push_back(ParseRule(name, *rule.as_table()));
        }
      } else {
        RefuseRules(name, node, fmt::format("unknown key '{}'", key.str()));
      }
    }
  } catch (const toml::parse_error& error) {
    throw BugError(
        fmt::format("{}.toml:{}: {}", name, error.source().begin.line, error.description()));
  }
  return out;
}

const TypeRules& RulesFor(const std::string& name) {
  static const std::map<std::string, TypeRules> all = [] {
    std::map<std::string, TypeRules> rules;
    for (const RuleFile& file : kRuleFiles) {
      rules.emplace(file.name, ParseTypeRules(std::string(file.name), file.text));
    }
    return rules;
  }();
  auto found = all.find(name);
  if (found == all.end()) {
    throw BugError(fmt::format("there are no type rules called '{}'", name));
  }
  return found->second;
}

std::vector<std::string> RuleNames() {
  std::vector<std::string> names;
  for (const RuleFile& file : kRuleFiles) names.emplace_back(file.name);
  std::sort(names.begin(), names.end());
  return names;
}

const TypeRule* FindRule(const TypeRules& rules, const RuleContext& context) {
  for (const TypeRule& rule : rules.rules) {
    const bool named = std::any_of(
        rule.source.begin(), rule.source.end(),
        [&](const std::string& pattern) { return GlobMatches(pattern, context.column.type); });
    if (named && Holds(rule.when, context)) return &rule;
  }
  return nullptr;
}

std::string ExpandType(std::string_view type, const SourceColumn& column) {
  std::string out;
  for (std::size_t at = 0; at < type.size();) {
    const std::size_t open = type.find('{', at);
    if (open == std::string_view::npos) {
      out += type.substr(at);
      break;
    }
    const std::size_t close = type.find('}', open);
    out += type.substr(at, open - at);
    out += ExpandPlaceholder(type.substr(open + 1, close - open - 1), column);
    at = close + 1;
  }
  // A column without the number has a type without the parenthesis.
  for (const char* empty : {"(,)", "()"}) {
    if (std::size_t found = out.find(empty); found != std::string::npos) {
      out.erase(found, std::string_view(empty).size());
    }
  }
  return out;
}

bool IsCaseInsensitive(std::string_view collation) {
  const std::string name = LowerAscii(collation);
  return name.ends_with("_ci") || name.find("_ci_") != std::string::npos || name == "nocase";
}

bool PadsWithBlanks(std::string_view collation) {
  const std::string name = LowerAscii(collation);
  if (name.find('_') == std::string::npos) return name == "rtrim";
  return name.find("_0900_") == std::string::npos && name.find("nopad_") == std::string::npos;
}

bool IsAccentInsensitive(std::string_view collation) {
  const std::string name = LowerAscii(collation);
  return name.find("_ai") != std::string::npos || name.find("unicode") != std::string::npos;
}

}  // namespace transload
