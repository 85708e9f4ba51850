// Rows of the reference workload (bench/workloads.py makes the same in a server), in memory.
#ifndef TRANSLOAD_BENCH_REFERENCE_ROW_H_
#define TRANSLOAD_BENCH_REFERENCE_ROW_H_

#include <cstdint>
#include <string>
#include <vector>

#include "core/cell.h"
#include "core/pg_type.h"
#include "core/plan.h"
#include "core/row_batch.h"
#include "transform/bound_table.h"

namespace transload::bench {

struct ReferenceColumn {
  std::string name;
  CellFormat format;
  std::string target;  // "enum": of the workload's four labels
};

inline const std::vector<ReferenceColumn>& ReferenceColumns() {
  static const std::vector<ReferenceColumn> columns = {
      {"id", CellFormat::kUnsigned, "bigint"},
      {"customer_id", CellFormat::kSigned, "integer"},
      {"status", CellFormat::kText, "enum"},
      {"amount", CellFormat::kDecimal, "numeric(12,2)"},
      {"tax", CellFormat::kDecimal, "numeric(10,4)"},
      {"qty", CellFormat::kSigned, "smallint"},
      {"is_gift", CellFormat::kSigned, "boolean"},
      {"weight", CellFormat::kFloat64, "double precision"},
      {"created_at", CellFormat::kCivil, "timestamp(6)"},
      {"updated_at", CellFormat::kCivil, "timestamptz"},
      {"day", CellFormat::kCivil, "date"},
      {"ref", CellFormat::kText, "varchar(16)"},
      {"note", CellFormat::kText, "varchar(200)"},
      {"payload", CellFormat::kBytes, "bytea"},
  };
  return columns;
}

inline PgType ReferenceType(const std::string& target) {
  if (target != "enum") return ParsePgType(target);
  PgType type;
  type.kind = PgKind::kEnum;
  type.labels = {"pending", "paid", "shipped", "cancelled"};
  return type;
}

inline BoundTable ReferenceTable() {
  TablePlan plan;
  plan.source_name = plan.name = "orders";
  std::vector<TargetColumn> targets;
  for (const ReferenceColumn& column : ReferenceColumns()) {
    ColumnPlan planned;
    planned.source.name = planned.name = column.name;
    planned.source.format = column.format;
    planned.type = ReferenceType(column.target);
    TargetColumn target;
    target.name = column.name;
    target.type = planned.type;
    plan.columns.push_back(std::move(planned));
    targets.push_back(std::move(target));
  }
  return BoundTable(1, 1, std::move(plan), std::move(targets), 42);
}

template <typename T>
void AppendRaw(RowBatch& batch, T value) {
  batch.AppendCell(&value, sizeof value);
}

// The row `n`, as the MySQL reader hands it over.
inline void AppendReferenceRow(RowBatch& batch, std::uint64_t n) {
  static const char* const kStatus[] = {"pending", "paid", "shipped", "cancelled"};
  batch.BeginRow();
  AppendRaw(batch, n);
  AppendRaw(batch, static_cast<std::int32_t>(n * 7919 % 500000));
  batch.AppendCell(kStatus[n % 4]);
  const std::string cents = std::to_string(n * 37 % 10000000 + 100);
  batch.AppendCell(cents.substr(0, cents.size() - 2) + "." + cents.substr(cents.size() - 2));
  if (n % 5 == 0) {
    batch.AppendNull();
  } else {
    batch.AppendCell(std::to_string(n % 100) + ".1900");
  }
  AppendRaw(batch, static_cast<std::int16_t>(n % 1000));
  AppendRaw(batch, static_cast<std::int8_t>(n % 2));
  AppendRaw(batch, static_cast<double>(n) / 7.0);
  const CivilTime time{2020,
                       static_cast<std::uint8_t>(n % 12 + 1),
                       static_cast<std::uint8_t>(n % 28 + 1),
                       static_cast<std::uint8_t>(n % 24),
                       static_cast<std::uint8_t>(n % 60),
                       7,
                       0,
                       static_cast<std::uint32_t>(n % 1000000 * 1000)};
  AppendRaw(batch, time);
  CivilTime whole = time;
  whole.nanos = 0;
  if (n % 3 == 0) {
    batch.AppendNull();
  } else {
    AppendRaw(batch, whole);
  }
  whole.hour = whole.minute = whole.second = 0;
  AppendRaw(batch, whole);
  batch.AppendCell("0123456789abcdef");
  std::string note = "note for order " + std::to_string(n) + " ";
  for (std::uint64_t i = 0; i < n % 8; ++i) note += "lorem ipsum ";
  batch.AppendCell(note);
  batch.AppendCell(std::string(16, static_cast<char>(n)));
}

}  // namespace transload::bench

#endif  // TRANSLOAD_BENCH_REFERENCE_ROW_H_
