#include "tests/extract/odbc/result_rows.h"

#include <sstream>
#include <stdexcept>

namespace transload::odbc {
namespace {

std::string Trimmed(const std::string& text) {
  const std::size_t from = text.find_first_not_of(' ');
  return from == std::string::npos ? "" : text.substr(from, text.find_last_not_of(' ') - from + 1);
}

}  // namespace

ResultTable Result(const std::string& text) {
  ResultTable table;
  std::istringstream lines(text);
  bool names = true;
  for (std::string line; std::getline(lines, line);) {
    if (Trimmed(line).empty()) continue;
    std::vector<Value> row;
    std::size_t at = 0;
    while (at <= line.size()) {
      const std::size_t end = std::min(line.find('|', at), line.size());
      const std::string value = Trimmed(line.substr(at, end - at));
      row.push_back(value == "\\N" ? Value() : Value(value));
      at = end + 1;
    }
    if (names) {
      for (const Value& value : row) table.columns.push_back(value.value_or(""));
    } else {
      if (row.size() != table.columns.size()) throw std::runtime_error("columns differ: " + line);
      table.rows.push_back(row);
    }
    names = false;
  }
  return table;
}

}  // namespace transload::odbc
