#include "extract/odbc/sql_server_types.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "core/ascii.h"
#include "extract/odbc/naming.h"

namespace transload::odbc {
namespace {

enum class Length {
  kNone,
  kBytes,       // max_length bytes
  kCharacters,  // max_length bytes of one each
  kUnits,       // max_length bytes of two each
  kDigits,      // precision and scale
  kFraction,    // scale: digits of a second's fraction
};

struct TypeForm {
  std::string_view name;
  CellFormat format;
  Length length = Length::kNone;
  // With {} for the column. Conversions that the server makes exactly and that no driver gets
  // wrong: FreeTDS cuts the fraction of numerics given as structures and prints older money with
  // two digits, both drivers move datetimeoffset to the client's zone, and ODBC's time has no
  // fraction.
  std::string_view select = {};
};

constexpr std::string_view kText = "CONVERT(nvarchar(max), {})";
// The SRID in the order of a little-endian integer, then WKB with Z and M.
constexpr std::string_view kSpatial =
    "SUBSTRING(CONVERT(binary(4), {}.STSrid), 4, 1) + SUBSTRING(CONVERT(binary(4), {}.STSrid), 3, "
    "1) + SUBSTRING(CONVERT(binary(4), {}.STSrid), 2, 1) + SUBSTRING(CONVERT(binary(4), "
    "{}.STSrid), 1, 1) + {}.AsBinaryZM()";
// A plain conversion of a variant rounds floats and writes dates in the session's style.
constexpr std::string_view kVariant =
    "CASE CONVERT(nvarchar(128), SQL_VARIANT_PROPERTY({}, 'BaseType')) "
    "WHEN N'varbinary' THEN CONVERT(nvarchar(max), CONVERT(varbinary(8000), {}), 1) "
    "WHEN N'binary' THEN CONVERT(nvarchar(max), CONVERT(varbinary(8000), {}), 1) "
    "WHEN N'float' THEN CONVERT(nvarchar(max), CONVERT(float, {}), 3) "
    "WHEN N'real' THEN CONVERT(nvarchar(max), CONVERT(real, {}), 3) "
    "WHEN N'datetime' THEN CONVERT(nvarchar(max), CONVERT(datetime2(3), {}), 126) "
    "WHEN N'smalldatetime' THEN CONVERT(nvarchar(max), CONVERT(datetime2(0), {}), 126) "
    "WHEN N'datetime2' THEN CONVERT(nvarchar(max), CONVERT(datetime2(7), {}), 126) "
    "WHEN N'datetimeoffset' THEN CONVERT(nvarchar(max), CONVERT(datetimeoffset(7), {}), 121) "
    "WHEN N'money' THEN CONVERT(nvarchar(max), CONVERT(decimal(19, 4), {})) "
    "WHEN N'smallmoney' THEN CONVERT(nvarchar(max), CONVERT(decimal(10, 4), {})) "
    "ELSE CONVERT(nvarchar(max), CONVERT(nvarchar(4000), {})) END";

constexpr std::array kForms = {
    TypeForm{"bit", CellFormat::kUnsigned},
    TypeForm{"tinyint", CellFormat::kUnsigned},
    TypeForm{"smallint", CellFormat::kSigned},
    TypeForm{"int", CellFormat::kSigned},
    TypeForm{"bigint", CellFormat::kSigned},
    TypeForm{"decimal", CellFormat::kDecimal, Length::kDigits},
    TypeForm{"numeric", CellFormat::kDecimal, Length::kDigits},
    TypeForm{"money", CellFormat::kDecimal, Length::kDigits, "CONVERT(decimal(19, 4), {})"},
    TypeForm{"smallmoney", CellFormat::kDecimal, Length::kDigits, "CONVERT(decimal(10, 4), {})"},
    TypeForm{"real", CellFormat::kFloat32},
    TypeForm{"float", CellFormat::kFloat64},
    TypeForm{"date", CellFormat::kCivil},
    TypeForm{"time", CellFormat::kDuration, Length::kFraction, "CONVERT(varchar(16), {}, 121)"},
    TypeForm{"smalldatetime", CellFormat::kCivil},
    // Its ticks are thirds of a hundredth: rounded to the millisecond it shows, by the server.
    TypeForm{"datetime", CellFormat::kCivil, Length::kNone, "CONVERT(datetime2(3), {})"},
    TypeForm{"datetime2", CellFormat::kCivil, Length::kFraction},
    TypeForm{"datetimeoffset", CellFormat::kText, Length::kFraction,
             "REPLACE(REPLACE(CONVERT(varchar(34), {}, 121), ' +', '+'), ' -', '-')"},
    TypeForm{"char", CellFormat::kUtf16, Length::kCharacters},
    TypeForm{"varchar", CellFormat::kUtf16, Length::kCharacters},
    TypeForm{"nchar", CellFormat::kUtf16, Length::kUnits},
    TypeForm{"nvarchar", CellFormat::kUtf16, Length::kUnits},
    TypeForm{"sysname", CellFormat::kUtf16, Length::kUnits},
    TypeForm{"text", CellFormat::kUtf16},
    TypeForm{"ntext", CellFormat::kUtf16},
    TypeForm{"binary", CellFormat::kBytes, Length::kBytes},
    TypeForm{"varbinary", CellFormat::kBytes, Length::kBytes},
    TypeForm{"image", CellFormat::kBytes},
    TypeForm{"timestamp", CellFormat::kBytes, Length::kBytes},
    TypeForm{"uniqueidentifier", CellFormat::kUuid},
    TypeForm{"xml", CellFormat::kUtf16, Length::kNone, kText},
    TypeForm{"json", CellFormat::kUtf16, Length::kNone, kText},
    TypeForm{"vector", CellFormat::kUtf16, Length::kNone, kText},
    TypeForm{"sql_variant", CellFormat::kUtf16, Length::kNone, kVariant},
    TypeForm{"hierarchyid", CellFormat::kUtf16, Length::kNone, "{}.ToString()"},
    TypeForm{"geometry", CellFormat::kGeometry, Length::kNone, kSpatial},
    TypeForm{"geography", CellFormat::kGeometry, Length::kNone, kSpatial},
};
constexpr TypeForm kClr{"clr", CellFormat::kUtf16, Length::kNone, "{}.ToString()"};
constexpr TypeForm kOther{"other", CellFormat::kUtf16, Length::kNone, kText};

const TypeForm& FormOf(const SqlServerType& type) {
  if (type.assembly && type.user_defined) return kClr;
  const std::string name = LowerAscii(type.name);
  const auto found = std::find_if(kForms.begin(), kForms.end(),
                                  [&](const TypeForm& form) { return form.name == name; });
  return found == kForms.end() ? kOther : *found;
}

void SetLengths(const SqlServerType& type, Length length, SourceColumn& column) {
  switch (length) {
    case Length::kNone:
      break;
    case Length::kBytes:
    case Length::kCharacters:
      if (type.max_length > 0) column.length = type.max_length;
      break;
    case Length::kUnits:
      if (type.max_length > 0) column.length = type.max_length / 2;
      break;
    case Length::kDigits:
      column.precision = type.precision;
      column.scale = type.scale;
      break;
    case Length::kFraction:
      column.precision = std::min(type.scale, 6);
      break;
  }
}

// As T-SQL declares it: "nvarchar(max)", "decimal(19,4)", "datetime2(7)".
std::string Declared(const SqlServerType& type, Length length, const SourceColumn& column) {
  const bool sized =
      length == Length::kBytes || length == Length::kCharacters || length == Length::kUnits;
  if (sized && type.max_length == -1) return type.name + "(max)";
  if (sized && type.name != "timestamp" && type.name != "sysname") {
    return fmt::format("{}({})", type.name, column.length);
  }
  if (length == Length::kDigits && type.name != "money" && type.name != "smallmoney") {
    return fmt::format("{}({},{})", type.name, type.precision, type.scale);
  }
  if (length == Length::kFraction) return fmt::format("{}({})", type.name, type.scale);
  return type.name;
}

}  // namespace

void SetSqlServerType(const SqlServerType& type, const std::string& quoted, SourceColumn& column) {
  const TypeForm& form = FormOf(type);
  column.type = form.name == "timestamp" ? "rowversion" : std::string(form.name);
  column.format = form.format;
  column.collation = type.collation;
  if (!form.select.empty()) column.select_expression = Fill(form.select, quoted);
  SetLengths(type, form.length, column);
  if (type.max_length == -1 && column.format == CellFormat::kUtf16) column.length = -1;
  column.full_type =
      type.assembly && type.user_defined ? type.alias : Declared(type, form.length, column);
}

}  // namespace transload::odbc
