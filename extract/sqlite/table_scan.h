// One pass over a table: the storage class and the look of every value.
//
// A table is cut into chunks of neighbouring rowids as it is read, wider where rowids are sparse
// (ids 1, 2 and 2^63-1 are a real table), and the chunks are scanned by several threads. What is
// learnt on the way, where each chunk starts and how large it is, serves the split.
#ifndef TRANSLOAD_EXTRACT_SQLITE_TABLE_SCAN_H_
#define TRANSLOAD_EXTRACT_SQLITE_TABLE_SCAN_H_

#include <cstdint>
#include <string>
#include <vector>

#include "core/partition.h"
#include "core/source_facts.h"
#include "core/source_schema.h"
#include "extract/sqlite/connection.h"
#include "extract/sqlite/table_key.h"

namespace transload::sqlite {

struct ScanChunk {
  std::optional<KeyBound> lower;  // inclusive; open for the first
  std::uint64_t rows = 0;
  std::uint64_t bytes = 0;
};

struct TableScan {
  std::vector<ColumnFacts> facts;  // in the order of the columns asked for
  std::vector<ScanChunk> chunks;   // in key order; one where the table has no rowid
};

// `connections` are one per thread, at least one; all see the same state of the file.
TableScan ScanTable(const std::vector<Connection*>& connections, const SourceTable& table,
                    const std::vector<std::string>& columns);

// Mean size of a row's values, from the first few.
std::uint64_t SampleRowBytes(Connection& connection, const std::string& table);

}  // namespace transload::sqlite

#endif  // TRANSLOAD_EXTRACT_SQLITE_TABLE_SCAN_H_
