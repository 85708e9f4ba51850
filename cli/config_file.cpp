#include "cli/config_file.h"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>

#include "cli/option_table.h"
#include "cli/toml_text.h"
#include "cli/values.h"
#include "core/pg_type.h"

namespace transload {
namespace {

using Keys = std::vector<std::string>;

std::string ReadWhole(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (file.is_open() && file.peek() != std::ifstream::traits_type::eof()) text << file.rdbuf();
  if (!file.is_open() || file.bad() || text.bad()) {
    throw UsageError(fmt::format("cannot read the file {}", path));
  }
  return text.str();
}

class Reader {
 public:
  Reader(const std::string& path, Options& options) : path_(path), options_(options) {}

  void Read(const toml::table& root) {
    for (auto&& [key, node] : root) {
      std::string name(key.str());
      if (name == "policy") {
        ReadPolicies(Table(node, name),
                     [this](const std::string& policy, const std::string& value) {
                       SetPolicy(options_.policies, policy, value);
                     });
      } else if (name == "map" && node.is_array_of_tables()) {
        ForEach(node, name, [this](const toml::table& table) { ReadMap(table); });
      } else if (name == "check") {
        ForEach(node, name, [this](const toml::table& table) { ReadCheck(table); });
      } else if (name == "step") {
        ForEach(node, name, [this](const toml::table& table) { ReadStep(table); });
      } else if (name == "table") {
        for (auto&& [table, content] : Table(node, name)) {
          ReadTable(Table(content, "table." + std::string(table.str())),
                    options_.tables[std::string(table.str())]);
        }
      } else {
        ReadOption(key, node);
      }
    }
  }

 private:
  std::string Place(const toml::source_region& region) const {
    return fmt::format("{}:{}: ", path_, region.begin.line);
  }
  [[noreturn]] void Refuse(const toml::source_region& region, const std::string& what) const {
    throw UsageError(Place(region) + what);
  }
  // Runs `action`; a usage error that it throws gets the place.
  template <typename Action>
  auto At(const toml::source_region& region, const std::string& key, Action&& action) const {
    try {
      return action();
    } catch (const Error& error) {
      Refuse(region, key + ": " + error.what());
    }
  }

  const toml::table& Table(const toml::node& node, const std::string& name) const {
    const toml::table* table = node.as_table();
    if (table == nullptr) Refuse(node.source(), fmt::format("'{}' is a table: [{}]", name, name));
    return *table;
  }

  void ForEach(const toml::node& node, const std::string& name,
               const std::function<void(const toml::table&)>& read) const {
    const toml::array* array = node.as_array();
    if (array == nullptr || !array->is_array_of_tables()) {
      Refuse(node.source(), fmt::format("'{}' is a list of tables: [[{}]]", name, name));
    }
    for (const toml::node& element : *array) read(*element.as_table());
  }

  // Text, number or boolean, as the command line would give it.
  std::string Scalar(const toml::node& node, const std::string& key) const {
    if (const auto* text = node.as_string()) return text->get();
    if (const auto* number = node.as_integer()) return std::to_string(number->get());
    if (const auto* flag = node.as_boolean()) return flag->get() ? "true" : "false";
    Refuse(node.source(), fmt::format("{}: a text, a whole number, true or false is wanted", key));
  }

  std::string Text(const toml::node& node, const std::string& key) const {
    const auto* text = node.as_string();
    if (text == nullptr) Refuse(node.source(), fmt::format("{}: a text in quotes is wanted", key));
    return text->get();
  }

  // A longer name would be cut by the server, and not be the one that was asked for.
  std::string NewName(const toml::node& node, const std::string& key) const {
    std::string text = Text(node, key);
    if (text.empty()) Refuse(node.source(), key + ": the name is empty");
    if (text.size() > kLongestName) {
      Refuse(node.source(),
             fmt::format("{}: '{}' is longer than {} bytes", key, text, kLongestName));
    }
    if (text.find('\0') != std::string::npos) {
      Refuse(node.source(), key + ": a NUL cannot stand in a name");
    }
    return text;
  }

  std::string Decode(const toml::node& node, const std::string& key) const {
    static const Keys ways = {"uuid", "uuid_swapped", "latin1_is_utf8"};
    return At(node.source(), key, [&] { return ways[WordIndex(Text(node, key), ways)]; });
  }

  std::vector<std::string> Texts(const toml::node& node, const std::string& key) const {
    const toml::array* array = node.as_array();
    if (array == nullptr) return {Text(node, key)};
    std::vector<std::string> out;
    for (const toml::node& element : *array) out.push_back(Text(element, key));
    return out;
  }

  [[noreturn]] void RefuseKey(const toml::key& key, const Keys& known, std::string_view in) const {
    std::string name(key.str());
    std::string near = NearMiss(name, known);
    Refuse(key.source(),
           fmt::format("unknown key '{}'{}{}", name, in,
                       near.empty() ? "" : fmt::format("; did you mean '{}'?", near)));
  }

  void ReadPolicies(const toml::table& table,
                    const std::function<void(const std::string&, const std::string&)>& set) const {
    for (auto&& [key, node] : table) {
      std::string name(key.str());
      std::string value = Text(node, name);
      At(node.source(), name, [&] { set(name, value); });
    }
  }
  void ReadPolicies(const toml::node& node,
                    std::vector<std::pair<std::string, std::string>>& policies) const {
    ReadPolicies(Table(node, "policy"), [&](const std::string& name, const std::string& value) {
      Policies tried;
      SetPolicy(tried, name, value);
      policies.emplace_back(name, value);
    });
  }

  void ReadMap(const toml::table& table) {
    MapRule rule;
    rule.where = fmt::format("{}:{}", path_, table.source().begin.line);
    for (auto&& [key, node] : table) {
      std::string name(key.str());
      if (name == "type") {
        rule.type = Text(node, name);
      } else if (name == "column") {
        rule.column = Text(node, name);
      } else if (name == "to") {
        rule.to = Text(node, name);
        At(node.source(), name, [&] { return ParsePgType(rule.to); });
      } else if (name == "decode") {
        rule.decode = Decode(node, name);
      } else {
        RefuseKey(key, {"type", "column", "to", "decode"}, " in [[map]]");
      }
    }
    if (rule.type.empty() == rule.column.empty()) {
      Refuse(table.source(), "[[map]] wants either type or column");
    }
    if (rule.to.empty()) Refuse(table.source(), "[[map]] wants to = a PostgreSQL type");
    options_.maps.push_back(rule);
  }

  void ReadCheck(const toml::table& table) {
    QueryCheck check;
    for (auto&& [key, node] : table) {
      std::string name(key.str());
      if (name == "name") {
        check.name = Text(node, name);
      } else if (name == "source_sql") {
        check.source_sql = Text(node, name);
      } else if (name == "target_sql") {
        check.target_sql = Text(node, name);
      } else {
        RefuseKey(key, {"name", "source_sql", "target_sql"}, " in [[check]]");
      }
    }
    if (check.name.empty() || check.source_sql.empty() || check.target_sql.empty()) {
      Refuse(table.source(), "[[check]] wants name, source_sql and target_sql");
    }
    options_.checks.push_back(check);
  }

  void ReadStep(const toml::table& table) {
    static const Keys times = {"before-schema", "after-schema", "after-data", "after-constraints"};
    SqlStep step;
    step.name = fmt::format("step {} of {}", options_.steps.size() + 1, path_);
    bool timed = false;
    for (auto&& [key, node] : table) {
      std::string name(key.str());
      if (name == "when") {
        std::string when = Text(node, name);
        step.when = At(node.source(), name, [&] { return ParseWord<StepTime>(when, times); });
        timed = true;
      } else if (name == "file") {
        auto folder = std::filesystem::path(path_).parent_path();
        step.name = (folder / Text(node, name)).string();
        if (!step.sql.empty()) Refuse(node.source(), "[[step]] wants either sql or file");
        step.sql = At(node.source(), name, [&] { return ReadWhole(step.name); });
      } else if (name == "sql") {
        if (!step.sql.empty()) Refuse(node.source(), "[[step]] wants either sql or file");
        step.sql = Text(node, name);
      } else {
        RefuseKey(key, {"when", "file", "sql"}, " in [[step]]");
      }
    }
    if (!timed)
      Refuse(table.source(),
             "[[step]] wants when = one of before-schema, after-schema, "
             "after-data, after-constraints");
    if (step.sql.empty())
      Refuse(table.source(), "[[step]] wants sql or file, with something in it");
    options_.steps.push_back(step);
  }

  void ReadTable(const toml::table& table, TableOptions& out) const {
    for (auto&& [key, node] : table) {
      std::string name(key.str());
      if (name == "where") {
        out.where = Text(node, name);
      } else if (name == "exclude_columns") {
        out.exclude_columns = Texts(node, name);
      } else if (name == "rename") {
        out.rename = NewName(node, name);
      } else if (name == "policy") {
        ReadPolicies(node, out.policies);
      } else if (name == "column") {
        for (auto&& [column, content] : Table(node, name)) {
          ReadColumn(Table(content, "column." + std::string(column.str())),
                     out.columns[std::string(column.str())]);
        }
      } else {
        RefuseKey(key, {"where", "exclude_columns", "rename", "policy", "column"}, " of a table");
      }
    }
  }

  void ReadColumn(const toml::table& table, ColumnOptions& out) const {
    for (auto&& [key, node] : table) {
      std::string name(key.str());
      if (name == "type") {
        out.type = Text(node, name);
        At(node.source(), name, [&] { return ParsePgType(out.type); });
      } else if (name == "rename") {
        out.rename = NewName(node, name);
        out.rename_where = fmt::format("{}:{}", path_, node.source().begin.line);
      } else if (name == "decode") {
        out.decode = Decode(node, name);
      } else if (name == "policy") {
        ReadPolicies(node, out.policies);
      } else {
        RefuseKey(key, {"type", "rename", "decode", "policy"}, " of a column");
      }
    }
  }

  void ReadOption(const toml::key& key, const toml::node& node) {
    std::string name(key.str());
    if (name == "source") {
      options_.source_url = Text(node, name);
      return;
    }
    if (name == "target") {
      options_.target_url = Text(node, name);
      return;
    }
    const OptionSpec* spec = FindOptionByKey(name);
    if (spec == nullptr) {
      Keys known = {"source", "target", "policy", "map", "step", "check", "table"};
      for (const OptionSpec& option : OptionTable()) known.push_back(option.Key());
      RefuseKey(key, known, "");
    }
    std::vector<std::string> values;
    if (spec->shape == OptionShape::kList) {
      values = Texts(node, name);
    } else {
      values = {Scalar(node, name)};
    }
    for (const std::string& value : values) {
      At(node.source(), name, [&] { spec->set(options_, value); });
    }
  }

  const std::string& path_;
  Options& options_;
};

}  // namespace

void ReadConfigText(std::string_view text, const std::string& path, Options& options) {
  CheckTomlText(text, path);
  toml::table root;
  try {
    root = toml::parse(text, path);
  } catch (const toml::parse_error& error) {
    throw UsageError(fmt::format("{}:{}: not valid TOML at column {}: {}", path,
                                 error.source().begin.line, error.source().begin.column,
                                 error.description()));
  }
  Reader(path, options).Read(root);
}

void ReadConfigFile(const std::string& path, Options& options) {
  ReadConfigText(ReadWhole(path), path, options);
}

}  // namespace transload
