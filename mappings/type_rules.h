// The type rules of one source engine: mappings/<engine>.toml, embedded at build.
#ifndef TRANSLOAD_MAPPINGS_TYPE_RULES_H_
#define TRANSLOAD_MAPPINGS_TYPE_RULES_H_

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/pg_type.h"
#include "core/policy.h"
#include "core/source_schema.h"

namespace transload {

// What must hold of a column for a rule to apply; the keys of a rule's `when`.
struct RuleConditions {
  std::optional<bool> is_unsigned;       // unsigned
  std::optional<bool> auto_increment;    // auto_increment
  std::optional<bool> json_alias;        // json_alias: MariaDB's JSON
  std::optional<bool> case_insensitive;  // case_insensitive: by its collation
  std::optional<std::int64_t> length;    // length: exactly
  std::string extension;                 // extension: the target has it
  std::string policy;                    // policy: "name=value" or "name=value|value"
  std::vector<std::string> observed;     // observed: words of observations.h, all of them
};

struct TypeRule {
  std::vector<std::string> source;  // base names, lower case; * for any characters
  RuleConditions when;
  std::string to;    // a type with {n}, {p}, {s}, {f}, {,srid}; or "enum"
  std::string safe;  // empty: `to` holds every value
  // The range of values that `to` holds, when `safe` is set and a range says it.
  std::optional<std::pair<std::string, std::string>> fits;
  std::string decode;
  std::string check;  // "", "labels", "set", "empty"
  std::string note;
};

struct TypeRules {
  std::string name;    // "mysql"
  std::string engine;  // "MySQL and MariaDB"
  std::vector<TypeRule> rules;
  std::string text;  // the file
};

// What a rule may ask about, beside the column itself.
struct RuleContext {
  const SourceColumn& column;
  const Policies& policies;
  const std::set<std::string>& extensions;
  const std::set<std::string>& observed;
};

// The built-in rules by name ("mysql", "sqlite"). Throws a bug error for a name that is not built
// in, and for a file that can't be read.
const TypeRules& RulesFor(const std::string& name);
// The names that are built in, sorted.
std::vector<std::string> RuleNames();

// Reads rules from TOML. Throws with the line for a key or a word that is not known.
TypeRules ParseTypeRules(const std::string& name, std::string_view toml);

// The first rule that applies, or nullptr.
const TypeRule* FindRule(const TypeRules& rules, const RuleContext& context);

// Fills a rule's type with the column's own numbers: "varchar({n})" -> "varchar(40)".
std::string ExpandType(std::string_view type, const SourceColumn& column);

// A collation that does not tell upper from lower case, by its name: MySQL's _ci, SQLite's NOCASE.
bool IsCaseInsensitive(std::string_view collation);
// A collation to which blanks at the end of a text are nothing, by its name: MySQL's but the newer
// ones, SQL Server's, SQLite's RTRIM.
bool PadsWithBlanks(std::string_view collation);
// Whether such a collation passes over accents too: MySQL's _ai_ci and unicode_ci, SQL Server's
// _CI_AI.
bool IsAccentInsensitive(std::string_view collation);

}  // namespace transload

#endif  // TRANSLOAD_MAPPINGS_TYPE_RULES_H_
