#include "load/key_stage.h"

#include <fmt/format.h>

#include <algorithm>

#include "load/copy_frame.h"
#include "load/ddl.h"
#include "load/session.h"

namespace transload {
namespace {

constexpr const char* kSchema = "pg_temp";
constexpr const char* kName = "transload_key";

bool Uses(const IndexPlan& index, const ColumnPlan& column) {
  const std::string name = ddl::QuoteName(column.name);
  return index.where_sql.find(name) != std::string::npos ||
         std::any_of(index.parts.begin(), index.parts.end(), [&](const IndexPartPlan& part) {
           return part.sql.find(name) != std::string::npos;
         });
}

// The plan of the staged table: plain columns, whatever the real ones will be beside.
TablePlan Staged(const TablePlan& table, const IndexPlan& index,
                 const std::vector<CollationPlan>& collations) {
  TablePlan staged;
  staged.source_schema = table.source_schema;
  staged.source_name = table.source_name;
  staged.schema = kSchema;
  staged.name = kName;
  staged.where = table.where;
  for (const ColumnPlan& column : table.columns) {
    if (!Uses(index, column)) continue;
    ColumnPlan plain;
    plain.source = column.source;
    plain.name = column.name;
    plain.type = column.safe_type.value_or(column.type);
    if (plain.type.kind == PgKind::kEnum) plain.type = {};  // not made yet: text
    plain.decode = column.decode;
    plain.policies = column.policies;
    for (const CollationPlan& collation : collations) {
      if (column.collation == ddl::Qualified(collation.schema, collation.name)) {
        plain.collation = ddl::Qualified(kSchema, collation.name);
      }
    }
    staged.columns.push_back(std::move(plain));
  }
  return staged;
}

std::string Joined(const std::vector<std::string>& parts, const char* between) {
  return fmt::format("{}", fmt::join(parts, between));
}

}  // namespace

KeyStage::KeyStage(const Options& options, const TablePlan& table, const IndexPlan& index,
                   const std::vector<CollationPlan>& collations)
    : connection_(options, "transload keys"),
      table_(Staged(table, index, collations)),
      index_(index) {
  connection_.Exec(kExtensionsOnPath);
  for (CollationPlan collation : collations) {
    const bool used =
        std::any_of(table_.columns.begin(), table_.columns.end(), [&](const ColumnPlan& column) {
          return column.collation == ddl::Qualified(kSchema, collation.name);
        });
    collation.schema = kSchema;
    if (used) connection_.Exec(ddl::CreateCollation(collation));
  }
  connection_.Exec(ddl::CreateTable(table_, /*autovacuum_off=*/false));
  std::vector<std::string> names;
  for (const ColumnPlan& column : table_.columns) names.push_back(column.name);
  connection_.StartCopyIn(ddl::CopyIn(kSchema, kName, names));
  connection_.Put(kCopyHeader.data(), kCopyHeader.size());
}

void KeyStage::Write(std::string_view tuples) { connection_.Put(tuples.data(), tuples.size()); }

std::vector<std::string> KeyStage::Clashes() {
  connection_.Put(kCopyTrailer.data(), kCopyTrailer.size());
  connection_.EndCopyIn();
  // Equal in the target, and yet not the same: the two ends of their order by bytes.
  std::vector<std::string> parts, first, last, present;
  for (const IndexPartPlan& part : index_.parts) {
    parts.push_back(part.sql);
    const std::string text = fmt::format("({})::text COLLATE \"C\"", part.sql);
    first.push_back(fmt::format("quote_nullable(min({}))", text));
    last.push_back(fmt::format("quote_nullable(max({}))", text));
    if (!index_.nulls_not_distinct) present.push_back(fmt::format("({}) IS NOT NULL", part.sql));
  }
  if (!index_.where_sql.empty()) present.push_back("(" + index_.where_sql + ")");
  const std::string query = fmt::format(
      "select '(' || concat_ws(', ', {}) || ') and (' || concat_ws(', ', {}) || '), ' || count(*) "
      "|| ' rows' from {} {}{} group by {} having count(*) > 1 order by count(*) desc, 1 limit 3",
      Joined(first, ", "), Joined(last, ", "), ddl::Qualified(kSchema, kName),
      present.empty() ? "" : "where ", Joined(present, " and "), Joined(parts, ", "));
  const SqlRows rows = connection_.Exec(query);
  std::vector<std::string> clashes;
  for (std::size_t row = 0; row < rows.size(); ++row) clashes.push_back(rows.Text(row, 0));
  return clashes;
}

}  // namespace transload
