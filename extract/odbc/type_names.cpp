#include "extract/odbc/type_names.h"

#include <fmt/format.h>
#include <sql.h>
#include <sqlext.h>

#include <algorithm>
#include <array>

#include "core/ascii.h"
#include "core/glob.h"
#include "extract/odbc/naming.h"

namespace transload::odbc {
namespace {

struct NamedType {
  int code;
  std::string_view name;
};
constexpr std::array kTypes = {
    NamedType{SQL_BIT, "bit"},
    NamedType{SQL_TINYINT, "tinyint"},
    NamedType{SQL_SMALLINT, "smallint"},
    NamedType{SQL_INTEGER, "integer"},
    NamedType{SQL_BIGINT, "bigint"},
    NamedType{SQL_REAL, "real"},
    NamedType{SQL_FLOAT, "float"},
    NamedType{SQL_DOUBLE, "double"},
    NamedType{SQL_NUMERIC, "numeric"},
    NamedType{SQL_DECIMAL, "decimal"},
    NamedType{SQL_CHAR, "char"},
    NamedType{SQL_VARCHAR, "varchar"},
    NamedType{SQL_LONGVARCHAR, "longvarchar"},
    NamedType{SQL_WCHAR, "wchar"},
    NamedType{SQL_WVARCHAR, "wvarchar"},
    NamedType{SQL_WLONGVARCHAR, "wlongvarchar"},
    NamedType{SQL_BINARY, "binary"},
    NamedType{SQL_VARBINARY, "varbinary"},
    NamedType{SQL_LONGVARBINARY, "longvarbinary"},
    NamedType{SQL_TYPE_DATE, "date"},
    NamedType{SQL_DATE, "date"},
    NamedType{SQL_TYPE_TIME, "time"},
    NamedType{SQL_TIME, "time"},
    NamedType{SQL_TYPE_TIMESTAMP, "timestamp"},
    NamedType{SQL_TIMESTAMP, "timestamp"},
    NamedType{SQL_GUID, "guid"},
};

// PostgreSQL's longest varchar.
constexpr std::int64_t kLongestVarchar = 10'485'760;
constexpr std::int64_t kFractionDigits = 6;

bool OneOf(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

CellFormat FormatOf(std::string_view type, bool is_unsigned, TextAs text) {
  if (OneOf(type, {"bit"})) return CellFormat::kUnsigned;
  if (OneOf(type, {"tinyint", "smallint", "integer", "bigint"})) {
    return is_unsigned ? CellFormat::kUnsigned : CellFormat::kSigned;
  }
  if (type == "real") return CellFormat::kFloat32;
  if (OneOf(type, {"float", "double"})) return CellFormat::kFloat64;
  if (OneOf(type, {"numeric", "decimal"})) return CellFormat::kDecimal;
  if (OneOf(type, {"binary", "varbinary", "longvarbinary"})) return CellFormat::kBytes;
  if (OneOf(type, {"date", "timestamp"})) return CellFormat::kCivil;
  if (type == "time") return CellFormat::kDuration;
  if (type == "guid") return CellFormat::kUuid;
  return text == TextAs::kWide ? CellFormat::kUtf16 : CellFormat::kText;
}

const SelectRule* FindSelect(const DriverQuirks& quirks, std::string_view type_name,
                             std::string_view odbc_type) {
  const std::string own = LowerAscii(type_name);
  for (const SelectRule& rule : quirks.select) {
    if (GlobMatches(rule.type_name, own) && GlobMatches(rule.odbc_type, odbc_type)) return &rule;
  }
  return nullptr;
}

void SetNumbers(const DescribedColumn& described, const DriverQuirks& quirks,
                SourceColumn& column) {
  const std::string_view type = column.type;
  if (OneOf(type, {"numeric", "decimal"})) {
    const bool unconstrained = quirks.unconstrained &&
                               quirks.unconstrained->precision == described.size &&
                               quirks.unconstrained->scale == described.digits;
    if (!unconstrained && quirks.sizes_hold && described.size > 0) {
      column.precision = static_cast<std::int32_t>(described.size);
      column.scale = static_cast<std::int32_t>(std::max<std::int64_t>(described.digits, 0));
    }
  } else if (OneOf(type, {"timestamp", "timestamptz", "time"})) {
    if (described.digits >= 0 && quirks.sizes_hold) {
      column.precision =
          static_cast<std::int32_t>(std::min<std::int64_t>(described.digits, kFractionDigits));
    }
  } else if (OneOf(type, {"char", "varchar", "wchar", "wvarchar", "binary", "varbinary", "bit"})) {
    const bool limited = quirks.sizes_hold && described.size > 0 &&
                         described.size <= kLongestVarchar &&
                         described.size != quirks.unlimited_varchar;
    if (limited) column.length = described.size;
  }
}

}  // namespace

std::string_view TypeName(int odbc_type) {
  const auto found = std::find_if(kTypes.begin(), kTypes.end(),
                                  [&](const NamedType& type) { return type.code == odbc_type; });
  if (found != kTypes.end()) return found->name;
  const bool interval =
      odbc_type >= SQL_INTERVAL_YEAR && odbc_type <= SQL_INTERVAL_MINUTE_TO_SECOND;
  return interval ? "interval" : "other";
}

void SetType(const DescribedColumn& described, const std::string& quoted,
             const DriverQuirks& quirks, SourceColumn& column) {
  column.type = TypeName(described.odbc_type);
  column.is_unsigned = described.is_unsigned;
  column.format = FormatOf(column.type, described.is_unsigned, quirks.text);
  const SelectRule* rule = FindSelect(quirks, described.type_name, column.type);
  if (rule != nullptr) {
    column.select_expression = rule->select.empty() ? "" : Fill(rule->select, quoted);
    if (rule->format) column.format = *rule->format;
    if (!rule->base.empty()) column.type = rule->base;
  }
  SetNumbers(described, quirks, column);
  column.full_type = LowerAscii(described.type_name);
  if (column.length > 0 && column.full_type.find('(') == std::string::npos) {
    column.full_type += fmt::format("({})", column.length);
  } else if (OneOf(column.type, {"numeric", "decimal"}) && column.precision > 0) {
    column.full_type += fmt::format("({},{})", column.precision, column.scale);
  }
}

}  // namespace transload::odbc
