#include "load/target_columns.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/error.h"

namespace transload {
namespace {

struct BuiltIn {
  std::string_view name;
  PgKind kind;
};

// pg_type.typname of the types in pg_catalog that have a kind of their own.
constexpr std::array kBuiltIn = {
    BuiltIn{"bool", PgKind::kBool},
    BuiltIn{"int2", PgKind::kInt2},
    BuiltIn{"int4", PgKind::kInt4},
    BuiltIn{"int8", PgKind::kInt8},
    BuiltIn{"float4", PgKind::kFloat4},
    BuiltIn{"float8", PgKind::kFloat8},
    BuiltIn{"numeric", PgKind::kNumeric},
    BuiltIn{"text", PgKind::kText},
    BuiltIn{"varchar", PgKind::kVarchar},
    BuiltIn{"bpchar", PgKind::kBpchar},
    BuiltIn{"bytea", PgKind::kBytea},
    BuiltIn{"date", PgKind::kDate},
    BuiltIn{"time", PgKind::kTime},
    BuiltIn{"timetz", PgKind::kTimetz},
    BuiltIn{"timestamp", PgKind::kTimestamp},
    BuiltIn{"timestamptz", PgKind::kTimestamptz},
    BuiltIn{"interval", PgKind::kInterval},
    BuiltIn{"uuid", PgKind::kUuid},
    BuiltIn{"json", PgKind::kJson},
    BuiltIn{"jsonb", PgKind::kJsonb},
    BuiltIn{"bit", PgKind::kBit},
    BuiltIn{"varbit", PgKind::kVarbit},
    BuiltIn{"inet", PgKind::kInet},
    BuiltIn{"cidr", PgKind::kCidr},
    BuiltIn{"macaddr", PgKind::kMacaddr},
    BuiltIn{"point", PgKind::kPoint},
    BuiltIn{"money", PgKind::kMoney},
};

// Wherever their extension was installed.
constexpr std::array kNamed = {
    BuiltIn{"citext", PgKind::kText},        BuiltIn{"xml", PgKind::kText},
    BuiltIn{"name", PgKind::kText},          BuiltIn{"geometry", PgKind::kGeometry},
    BuiltIn{"geography", PgKind::kGeometry}, BuiltIn{"vector", PgKind::kVector},
};

// typmod as the type's own input functions pack it; -1 stands for none.
void ApplyTypmod(PgType& type, std::int32_t typmod) {
  if (typmod < 0) return;
  switch (type.kind) {
    case PgKind::kVarchar:
    case PgKind::kBpchar:
      type.length = typmod - 4;
      return;
    case PgKind::kBit:
    case PgKind::kVarbit:
    case PgKind::kVector:
      type.length = typmod;
      return;
    case PgKind::kNumeric: {
      std::int32_t packed = typmod - 4;
      type.precision = (packed >> 16) & 0xFFFF;
      // 11 bits, signed: from 15 on a scale may be negative.
      type.scale = ((packed & 0x7FF) ^ 1024) - 1024;
      return;
    }
    case PgKind::kTime:
    case PgKind::kTimetz:
    case PgKind::kTimestamp:
    case PgKind::kTimestamptz:
      type.precision = typmod;
      return;
    case PgKind::kInterval:
      // The low half is the precision, 0xFFFF for none; the fields are in the high half.
      if ((typmod & 0xFFFF) != 0xFFFF) type.precision = typmod & 0xFFFF;
      return;
    default:
      return;
  }
}

template <std::size_t N>
const BuiltIn* Find(const std::array<BuiltIn, N>& types, const std::string& name) {
  auto found = std::find_if(types.begin(), types.end(),
                            [&](const BuiltIn& type) { return type.name == name; });
  return found == types.end() ? nullptr : &*found;
}

}  // namespace

PgType TypeFromCatalogue(const CatalogueType& catalogue) {
  PgType type;
  type.kind = PgKind::kOther;
  const BuiltIn* built_in =
      catalogue.type_schema == "pg_catalog" ? Find(kBuiltIn, catalogue.type_name) : nullptr;
  if (catalogue.type_kind == 'e') {
    type.kind = PgKind::kEnum;
    type.labels = catalogue.labels;
    type.name = catalogue.formatted;
  } else if (built_in) {
    type.kind = built_in->kind;
    ApplyTypmod(type, catalogue.typmod);
  } else {
    if (const BuiltIn* named = Find(kNamed, catalogue.type_name)) type.kind = named->kind;
    ApplyTypmod(type, catalogue.typmod);
    type.name = catalogue.formatted;
  }
  if (!catalogue.is_array) return type;
  PgType array;
  array.kind = PgKind::kArray;
  array.element.push_back(std::move(type));
  return array;
}

std::vector<TargetColumn> BindColumns(const std::vector<TargetColumn>& described,
                                      const TablePlan& plan) {
  const bool expected = std::any_of(plan.columns.begin(), plan.columns.end(),
                                    [](const ColumnPlan& column) { return column.copied(); });
  if (described.empty() && expected) {
    Error error(
        fmt::format("the target table {}.{} is gone, or has no columns left: start over with "
                    "--restart, or make it again as it was",
                    plan.schema, plan.name));
    error.table = plan.SourceLabel();
    throw error;
  }
  std::vector<TargetColumn> bound;
  for (const ColumnPlan& column : plan.columns) {
    if (!column.copied()) continue;
    auto found = std::find_if(described.begin(), described.end(),
                              [&](const TargetColumn& c) { return c.name == column.name; });
    if (found == described.end()) {
      Error error(
          fmt::format("the target table {}.{} has no column {}: add it, exclude the column, "
                      "or rename it",
                      plan.schema, plan.name, column.name));
      error.table = plan.SourceLabel();
      error.column = column.name;
      throw error;
    }
    if (found->generated) {
      Error error(
          fmt::format("the target column {}.{}.{} is generated and takes no values: exclude "
                      "the column",
                      plan.schema, plan.name, column.name));
      error.table = plan.SourceLabel();
      error.column = column.name;
      throw error;
    }
    bound.push_back(*found);
    if (column.source.format == CellFormat::kPgText) bound.back() = AsText(*found);
  }
  return bound;
}

TargetColumn AsText(TargetColumn column) {
  column.as_text = true;
  column.type = PgType{.kind = PgKind::kText, .labels = {}, .element = {}, .name = {}};
  return column;
}

}  // namespace transload
