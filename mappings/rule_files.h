// The rule files as built in (mappings/EmbedRules.cmake writes rule_files.cpp from
// mappings/*.toml).
#ifndef TRANSLOAD_MAPPINGS_RULE_FILES_H_
#define TRANSLOAD_MAPPINGS_RULE_FILES_H_

#include <span>
#include <string_view>

namespace transload {

struct RuleFile {
  std::string_view name;  // without ".toml"
  std::string_view text;
};

extern const std::span<const RuleFile> kRuleFiles;

}  // namespace transload

#endif  // TRANSLOAD_MAPPINGS_RULE_FILES_H_
