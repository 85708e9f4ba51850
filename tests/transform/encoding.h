// What the tests of encoders share: cells in, the bytes of a field out.
#ifndef TRANSLOAD_TESTS_TRANSFORM_ENCODING_H_
#define TRANSLOAD_TESTS_TRANSFORM_ENCODING_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/pg_type.h"
#include "core/plan.h"
#include "core/policy.h"
#include "core/row_batch.h"
#include "transform/render.h"
#include "transform/row_encoder.h"

namespace transload::encoding {

inline std::string Hex(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) {
    out += "0123456789abcdef"[static_cast<std::uint8_t>(c) >> 4];
    out += "0123456789abcdef"[static_cast<std::uint8_t>(c) & 15];
  }
  return out;
}
inline std::string FromHex(std::string_view hex) {
  auto digit = [](char c) { return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10; };
  std::string out;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    out += static_cast<char>(digit(hex[i]) << 4 | digit(hex[i + 1]));
  }
  return out;
}

// Cell payloads.
template <typename T>
std::string Raw(T value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}
inline std::string Civil(int year, int month, int day, int hour = 0, int minute = 0, int second = 0,
                         std::uint32_t nanos = 0) {
  return Raw(CivilTime{static_cast<std::int16_t>(year), static_cast<std::uint8_t>(month),
                       static_cast<std::uint8_t>(day), static_cast<std::uint8_t>(hour),
                       static_cast<std::uint8_t>(minute), static_cast<std::uint8_t>(second), 0,
                       nanos});
}
inline std::string Dynamic(DynamicClass value_class, std::string_view payload) {
  return std::string(1, static_cast<char>(value_class)) + std::string(payload);
}

// A column on its way to a target; what is not given has its plainest value.
struct Case {
  CellFormat format = CellFormat::kText;
  std::string target = "text";
  std::string source_type = "";
  std::string policy = "";  // "name=value"
  std::string decode = "";
  std::string charset = "";
  std::vector<std::string> labels = {};
  std::int64_t length = -1;
  std::int32_t precision = -1;
  bool zerofill = false;
  bool not_null = false;
  bool never_null = false;  // of a key
  bool safe = false;        // has an always-safe type, so that misfits are told
};

struct Outcome {
  std::optional<std::string> field;  // no value: NULL
  std::string fault;                 // empty: encoded
  bool misfit = false;
  Coercions coercions;
  RowChecksum checksum;

  std::string hex() const { return field ? Hex(*field) : "NULL"; }
  std::string coerced() const { return coercions.empty() ? "" : coercions.begin()->first.second; }
};

inline ColumnPlan PlanOf(const Case& c) {
  ColumnPlan column;
  column.name = column.source.name = "c";
  column.source.type = c.source_type;
  column.source.format = c.format;
  column.source.labels = c.labels;
  column.source.length = c.length;
  column.source.precision = c.precision;
  column.source.zerofill = c.zerofill;
  column.decode = c.decode;
  column.source.charset = c.charset;
  column.never_null = c.never_null;
  column.type = ParsePgType(c.target);
  if (c.safe) column.safe_type = PgType{};
  if (const std::size_t at = c.policy.find('='); at != std::string::npos) {
    SetPolicy(column.policies, c.policy.substr(0, at), c.policy.substr(at + 1));
  }
  return column;
}
inline TargetColumn TargetOf(const Case& c) {
  TargetColumn target;
  target.name = "c";
  if (c.target == "mood") {
    target.type.kind = PgKind::kEnum;
    target.type.name = "mood";
    target.type.labels = c.labels;
  } else {
    target.type = ParsePgType(c.target);
  }
  target.not_null = c.not_null;
  if (c.target == "text[]") target.element_oid = 25;
  if (c.target == "real[]") target.element_oid = 700;
  return target;
}

inline Outcome EncodeCell(const Case& c, std::optional<std::string_view> cell) {
  RowEncoder encoder({PlanOf(c)}, {TargetOf(c)}, 7);
  RowBatch batch;
  batch.BeginRow();
  if (cell) {
    batch.AppendCell(*cell);
  } else {
    batch.AppendNull();
  }
  CopyBlock block;
  encoder.Encode(batch, block, false);
  Outcome outcome;
  outcome.coercions = block.coercions;
  outcome.checksum = block.checksum;
  if (!block.faults.empty()) {
    outcome.fault = block.faults[0].reason;
    outcome.misfit = block.faults[0].misfit;
    return outcome;
  }
  CellCursor cursor(block.bytes.view().substr(2));
  const Cell field = cursor.Next();
  if (!field.null) outcome.field = std::string(field.view());
  return outcome;
}

// The field as PostgreSQL prints it, "NULL", or "fault: ..." / "misfit: ...".
inline std::string Shown(const Case& c, std::string_view cell) {
  const Outcome outcome = EncodeCell(c, cell);
  if (!outcome.fault.empty()) return (outcome.misfit ? "misfit: " : "fault: ") + outcome.fault;
  if (!outcome.field) return "NULL";
  return RenderField(*outcome.field, TargetOf(c).type);
}

}  // namespace transload::encoding

#endif  // TRANSLOAD_TESTS_TRANSFORM_ENCODING_H_
