// What is known about single ODBC drivers, as data: what to add to the connection string, how text
// is best fetched, which columns must be selected in another form so that nothing is lost. A driver
// that is not listed gets the ODBC standard's promises and nothing more.
#ifndef TRANSLOAD_EXTRACT_ODBC_DRIVER_QUIRKS_H_
#define TRANSLOAD_EXTRACT_ODBC_DRIVER_QUIRKS_H_

#include <optional>
#include <span>
#include <string_view>

#include "core/cell.h"

namespace transload::odbc {

struct Attribute {
  std::string_view name;
  std::string_view value;
  bool bits = false;  // a number whose bits are added to those the user gave
};

// How a kText value is fetched.
enum class TextAs {
  kWide,    // SQL_C_WCHAR, which every driver must have; such columns are kUtf16
  kNarrow,  // SQL_C_CHAR, which this driver fills with UTF-8
  kBinary,  // SQL_C_BINARY: the driver's text conversion stops at U+0000
};

// How a column must be selected. The first rule whose words fit decides.
struct SelectRule {
  std::string_view type_name;  // * and ? as wildcards; the driver's own name, lower case
  std::string_view odbc_type;  // likewise; the name of type_names.h
  std::string_view select;     // with {} for the quoted column; empty: the column itself
  std::optional<CellFormat> format = std::nullopt;
  std::string_view base = {};  // the base type for the rules, when it is not the ODBC type's name
};

// A numeric column without precision, as a driver reports it.
struct UnconstrainedNumeric {
  int precision;
  int scale;
};

struct DriverQuirks {
  std::string_view name;  // for people
  std::string_view file;  // wildcards, against SQL_DRIVER_NAME in lower case
  std::span<const Attribute> attributes = {};
  TextAs text = TextAs::kWide;
  bool bytes_as_text = false;   // a binary result fetched as text arrives as its bytes
  bool sizes_hold = true;       // no value is longer than its column's declared size
  bool buffers_result = false;  // keeps a whole result in memory, whatever it is told
  // A varchar of this size has no declared length at all.
  int unlimited_varchar = -1;
  std::optional<UnconstrainedNumeric> unconstrained = std::nullopt;
  std::span<const SelectRule> select = {};
  std::string_view tried;  // with what, for `transload drivers` and docs/odbc.md
};

// Never fails: an unknown driver has quirks without anything in them.
const DriverQuirks& QuirksOf(std::string_view driver_file);

}  // namespace transload::odbc

#endif  // TRANSLOAD_EXTRACT_ODBC_DRIVER_QUIRKS_H_
