#include "tests/conformance/case_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace transload {
namespace {

std::string Trimmed(const std::string& text) {
  const std::size_t from = text.find_first_not_of(' ');
  if (from == std::string::npos) return "";
  return text.substr(from, text.find_last_not_of(' ') - from + 1);
}

std::vector<std::string> Words(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) {
    if (word.back() == ',') word.pop_back();
    words.push_back(word);
  }
  return words;
}

struct Entry {
  std::string key;
  std::string value;  // the rest of the line
  std::string block;  // the indented lines
};

void Apply(ConformanceCase& c, const Entry& entry) {
  if (entry.key == "title") {
    c.title = entry.value;
  } else if (entry.key == "section10") {
    for (const std::string& word : Words(entry.value)) c.section10.push_back(std::stoi(word));
  } else if (entry.key == "engines") {
    c.engines = Words(entry.value);
  } else if (entry.key == "source" || entry.key.starts_with("source ")) {
    c.sources[Trimmed(entry.key.substr(6))] += entry.block;
  } else if (entry.key == "target") {
    c.target += entry.block;
  } else if (entry.key == "config") {
    c.config += entry.block;
  } else if (entry.key == "run") {
    for (const std::string& word : Words(entry.value)) c.arguments.push_back(word);
  } else if (entry.key == "exit") {
    c.exit_code = std::stoi(entry.value);
  } else if (entry.key == "query") {
    c.queries.push_back({entry.value, entry.block});
  } else if (entry.key == "error") {
    c.errors.push_back(entry.value);
  } else if (entry.key == "report") {
    c.reports.push_back(entry.value);
  } else {
    throw std::runtime_error("unknown key '" + entry.key + "'");
  }
}

}  // namespace

bool ConformanceCase::RunsOn(const std::string& engine) const {
  const bool newest =
      engine == "mysql9" && std::find(engines.begin(), engines.end(), "mysql") != engines.end();
  const bool oldest =
      engine == "mysql56" && std::find(engines.begin(), engines.end(), "mysql") != engines.end();
  const bool older = (engine == "postgres12" || engine == "postgres14") &&
                     std::find(engines.begin(), engines.end(), "postgres") != engines.end();
  return newest || oldest || older ||
         std::find(engines.begin(), engines.end(), engine) != engines.end();
}

std::string ConformanceCase::SourceFor(const std::string& engine) const {
  std::string sql;
  auto add = [&](const std::string& key) {
    auto found = sources.find(key);
    if (found != sources.end()) sql += found->second;
  };
  add("");
  if (engine.starts_with("mysql") && engine != "mysql") add("mysql");
  if (engine.starts_with("postgres") && engine != "postgres") add("postgres");
  // The same server, or file, behind a driver.
  if (engine.starts_with("odbc-")) add(engine.substr(5));
  add(engine);
  return sql;
}

ConformanceCase ReadCase(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path);
  ConformanceCase result;
  result.name = std::filesystem::path(path).stem().string();
  std::vector<Entry> entries;
  int number = 0;
  for (std::string line; std::getline(file, line);) {
    ++number;
    if (line.empty() || line.front() == '#') continue;
    if (line.starts_with("  ")) {
      if (entries.empty()) throw std::runtime_error(fmt::format("{}:{}: no key", path, number));
      entries.back().block += line.substr(2) + "\n";
      continue;
    }
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos) {
      throw std::runtime_error(fmt::format("{}:{}: no 'key:'", path, number));
    }
    entries.push_back({line.substr(0, colon), Trimmed(line.substr(colon + 1)), ""});
  }
  for (const Entry& entry : entries) {
    try {
      Apply(result, entry);
    } catch (const std::exception& error) {
      throw std::runtime_error(fmt::format("{}: {}: {}", path, entry.key, error.what()));
    }
  }
  return result;
}

std::vector<ConformanceCase> ReadCases(const std::string& folder) {
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".case") paths.push_back(entry.path().string());
  }
  std::sort(paths.begin(), paths.end());
  std::vector<ConformanceCase> cases;
  for (const std::string& path : paths) cases.push_back(ReadCase(path));
  return cases;
}

}  // namespace transload
