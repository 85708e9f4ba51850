// Sources that are read by ODBC from the rig's servers, and what a test does with their rows.
#ifndef TRANSLOAD_TESTS_EXTRACT_ODBC_SERVER_SOURCE_H_
#define TRANSLOAD_TESTS_EXTRACT_ODBC_SERVER_SOURCE_H_

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>

#include "extract/source.h"
#include "tests/rig/shared_servers.h"

namespace transload {

inline std::unique_ptr<Source> Open(const std::string& url) {
  Options options;
  options.source_url = url;
  return OpenSource(options);
}

inline std::string MariaDbUrl(const std::string& database) {
  return fmt::format("odbc:Driver={{MariaDB Unicode}};Socket={};UID=root;Database={}",
                     rig::SharedMariaDb().socket(), database);
}
inline std::string PostgresUrl(const std::string& database) {
  const rig::PostgresServer& server = rig::SharedPostgres();
  return fmt::format(
      "odbc:Driver={{PostgreSQL Unicode}};Server={};Port={};UID=postgres;Database={}",
      server.socket_dir(), server.port(), database);
}

inline SourceTable OnlyTable(Source& source) { return source.ReadCatalogue().tables.at(0); }

inline ReadRequest WholeTable(const SourceTable& table) {
  ReadRequest request;
  request.schema = table.schema;
  request.table = table.name;
  for (const SourceColumn& column : table.columns) {
    request.columns.push_back({column.name, column.select_expression, column.format});
  }
  return request;
}

struct RowsRead {
  std::uint64_t rows = 0;
  std::uint64_t longest = 0;  // bytes of a cell
  std::string last;           // cell of the last column
};

inline void ReadAll(RowReader& reader, RowsRead& read) {
  RowBatch batch;
  for (bool more = true; more;) {
    batch.Clear();
    more = reader.Read(batch);
    for (std::size_t row = 0; row < batch.rows(); ++row) {
      CellCursor cursor(batch.Row(row));
      while (!cursor.done()) {
        const Cell cell = cursor.Next();
        read.longest = std::max<std::uint64_t>(read.longest, cell.size);
        read.last = std::string(cell.view());
      }
    }
    read.rows += batch.rows();
  }
}

}  // namespace transload

#endif  // TRANSLOAD_TESTS_EXTRACT_ODBC_SERVER_SOURCE_H_
