// What a source's catalogue says, engine-neutral. Filled by an adapter in extract/, read by the
// planner in mappings/. Names are the source's own, unquoted; expressions are in the source's SQL.
#ifndef TRANSLOAD_CORE_SOURCE_SCHEMA_H_
#define TRANSLOAD_CORE_SOURCE_SCHEMA_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/cell.h"

namespace transload {

struct SourceDefault {
  std::string text;  // a literal's value without quotes, or an expression's SQL
  bool is_expression = false;
  bool operator==(const SourceDefault&) const = default;
};

struct SourceColumn {
  std::string name;
  // --- type
  std::string type;       // base name in lower case: "bigint", "enum", "tinyint"
  std::string full_type;  // as the catalogue prints it: "bigint(20) unsigned"
  bool is_unsigned = false;
  bool zerofill = false;
  std::int64_t length = -1;     // characters, bytes or bits; for tinyint(1) the 1, when shown
  std::int32_t precision = -1;  // numeric digits, or fractional second digits
  std::int32_t scale = -1;
  std::vector<std::string> labels;  // enum and set members, in order
  std::string charset;              // empty for binary and for types without one
  std::string collation;
  std::optional<std::uint32_t> srid;
  CellFormat format = CellFormat::kText;  // how its values arrive
  // What to select when that is not the column itself: `c`+0. SQL of the source, already quoted.
  std::string select_expression;
  // --- properties
  bool nullable = true;
  std::optional<SourceDefault> default_value;
  bool auto_increment = false;
  std::string on_update;  // "CURRENT_TIMESTAMP(3)" or empty
  std::string generation_expression;
  bool generated_stored = false;
  bool invisible = false;
  // MariaDB JSON: longtext with a json_valid check that stands for the type.
  bool is_json_alias = false;
  std::string comment;
  bool operator==(const SourceColumn&) const = default;
};

enum class IndexKind : std::uint8_t { kPrimary, kUnique, kPlain, kFulltext, kSpatial, kOther };

struct SourceIndexPart {
  std::string column;  // or
  std::string expression;
  std::int64_t prefix_length = -1;  // MySQL `c(10)`
  bool descending = false;
  std::string collation;  // when it differs from the column's
  bool operator==(const SourceIndexPart&) const = default;
};

struct SourceIndex {
  std::string name;
  IndexKind kind = IndexKind::kPlain;
  std::vector<SourceIndexPart> parts;
  std::vector<std::string> include;  // covered, not key, columns
  std::string predicate;             // partial index
  bool nulls_not_distinct = false;
  bool invisible = false;
  std::string method;  // "BTREE", "HASH", ... as the source says
  std::string comment;
  bool operator==(const SourceIndex&) const = default;
};

struct SourceForeignKey {
  std::string name;
  std::vector<std::string> columns;
  std::string parent_schema;
  std::string parent_table;
  std::vector<std::string> parent_columns;
  std::string on_update;  // "NO ACTION", "RESTRICT", "CASCADE", "SET NULL", "SET DEFAULT"
  std::string on_delete;
  bool deferrable = false;
  bool initially_deferred = false;
  bool trusted = true;  // false: the source itself never checked the existing rows
  bool operator==(const SourceForeignKey&) const = default;
};

struct SourceCheck {
  std::string name;
  std::string expression;
  bool enforced = true;
  bool operator==(const SourceCheck&) const = default;
};

struct SourceTable {
  std::string schema;
  std::string name;
  std::vector<SourceColumn> columns;
  std::vector<SourceIndex> indexes;  // the primary key too
  std::vector<SourceForeignKey> foreign_keys;
  std::vector<SourceCheck> checks;
  std::string comment;
  std::string engine;         // "InnoDB", "MyISAM"; storage that matters to a user
  bool transactional = true;  // false: a snapshot does not cover it
  std::string partitioning;   // the scheme's SQL, not carried over
  std::string definition;     // CREATE TABLE of the source, for the report; may be empty
  // --- estimates, for order, partitions and ETA; never for proof
  std::uint64_t estimated_rows = 0;
  std::uint64_t estimated_bytes = 0;
  // --- exact
  // Decimal text of the next value an AUTO_INCREMENT or identity column would hand out.
  std::string next_auto_value;
  bool operator==(const SourceTable&) const = default;

  const SourceColumn* FindColumn(const std::string& column) const;
  const SourceIndex* PrimaryKey() const;
};

struct SourceSequence {
  std::string schema;
  std::string name;
  std::string start, increment, minimum, maximum, cache;  // decimal text
  bool cycle = false;
  std::string next_value;
  bool operator==(const SourceSequence&) const = default;
};

// Something that is there and is not carried over: a view, a trigger, an event, a skipped table.
struct NotMigrated {
  std::string kind;  // "view", "trigger", "procedure", "partitioning", ...
  std::string name;  // qualified as the source does
  std::string reason;
  std::string definition;  // as the source prints it
  bool operator==(const NotMigrated&) const = default;
};

struct SourceCatalogue {
  std::vector<SourceTable> tables;
  std::vector<SourceSequence> sequences;
  std::vector<NotMigrated> not_migrated;
  std::vector<std::string> notes;  // for plan and report: what the reader should know
};

// "shop.orders", or the plain name when the source has no schemas.
inline std::string SourceLabel(const std::string& schema, const std::string& name) {
  return schema.empty() ? name : schema + "." + name;
}
inline std::string SourceLabel(const SourceTable& table) {
  return SourceLabel(table.schema, table.name);
}

}  // namespace transload

#endif  // TRANSLOAD_CORE_SOURCE_SCHEMA_H_
