// What is asked of a RowReader: the columns and rows of one partition.
#ifndef TRANSLOAD_CORE_READ_REQUEST_H_
#define TRANSLOAD_CORE_READ_REQUEST_H_

#include <optional>
#include <string>
#include <vector>

#include "core/cell.h"
#include "core/partition.h"

namespace transload {

// One column to read: the adapter quotes the name, or takes the expression as it stands.
struct ReadColumn {
  std::string name;
  std::string expression;  // already SQL of the source; empty: the column itself
  CellFormat format = CellFormat::kText;
};

struct ReadRequest {
  std::string schema;
  std::string table;
  std::vector<ReadColumn> columns;
  PartitionRange range;
  std::string where;  // the user's filter, SQL of the source, or empty
  std::optional<double> sample_percent;
  // The adapter may read rows as they are stored, past the engine's own way to hand them over.
  // Never set by what checks a copy: it would repeat the mistake that it looks for.
  bool as_stored = false;
  bool in_key_order = false;  // wanted where it costs nothing: RowReader::CutAfter needs it
};

}  // namespace transload

#endif  // TRANSLOAD_CORE_READ_REQUEST_H_
