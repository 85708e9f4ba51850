#include "verify/key_condition.h"

#include <fmt/format.h>

#include <vector>

#include "core/hex.h"
#include "core/row_batch.h"
#include "load/ddl.h"
#include "transform/render_field.h"

namespace transload {
std::optional<std::string> FieldLiteral(const Cell& field, const PgType& type) {
  if (field.null) return "NULL::" + type.Sql();
  switch (type.kind) {
    case PgKind::kText:
    case PgKind::kVarchar:
    case PgKind::kBpchar:
    case PgKind::kJson:
    case PgKind::kEnum:
      return ddl::QuoteLiteral(field.view()) + "::" + type.Sql();
    case PgKind::kJsonb:  // a byte of version, then text
      if (field.size == 0) return std::nullopt;
      return ddl::QuoteLiteral(field.view().substr(1)) + "::jsonb";
    case PgKind::kBytea:
      return "'\\x" + LowerHex(field.view()) + "'::bytea";
    case PgKind::kFloat4:
    case PgKind::kFloat8:
    case PgKind::kBool:
    case PgKind::kInt2:
    case PgKind::kInt4:
    case PgKind::kInt8:
    case PgKind::kNumeric:
    case PgKind::kDate:
    case PgKind::kTime:
    case PgKind::kTimestamp:
    case PgKind::kTimestamptz:
    case PgKind::kInterval:
    case PgKind::kUuid:
    case PgKind::kInet:
    case PgKind::kCidr:
    case PgKind::kMacaddr:
    case PgKind::kBit:
    case PgKind::kVarbit: {
      // Whole: what is shown to people is cut.
      std::string text;
      if (!AppendFieldText(text, field.view(), type)) return std::nullopt;
      return ddl::QuoteLiteral(text) + "::" + type.Sql();
    }
    default:
      return std::nullopt;
  }
}

std::optional<std::string> KeyCondition(std::string_view fields, const BoundTable& table) {
  if (table.key_columns().empty()) return std::nullopt;
  std::vector<Cell> cells;
  for (CellCursor cursor(fields); !cursor.done();) cells.push_back(cursor.Next());
  std::string condition;
  for (std::size_t column : table.key_columns()) {
    const TargetColumn& target = table.targets()[column];
    const std::optional<std::string> literal = FieldLiteral(cells[column], target.type);
    if (!literal || cells[column].null) return std::nullopt;
    condition +=
        fmt::format("{}{}{} = {}", condition.empty() ? "" : " AND ", ddl::QuoteName(target.name),
                    target.as_text ? "::pg_catalog.text" : "", *literal);
  }
  return condition;
}

}  // namespace transload
