// The values of a table's rows as its pages store them:
// https://www.sqlite.org/fileformat2.html#record_format
//
// For copying alone. What proves a copy (COUNT, `verify`, the second witness) asks SQLite itself,
// so that a value misread here is found.
#ifndef TRANSLOAD_EXTRACT_SQLITE_STORED_ROWS_H_
#define TRANSLOAD_EXTRACT_SQLITE_STORED_ROWS_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/partition.h"
#include "extract/sqlite/connection.h"
#include "extract/sqlite/table_key.h"
#include "extract/sqlite/table_tree.h"

namespace transload::sqlite {

// As a Value is read, without SQLite.
class StoredValue {
 public:
  StoredValue() = default;
  static StoredValue OfInteger(std::int64_t value);
  static StoredValue OfReal(double value);
  static StoredValue OfBytes(int storage, std::string_view bytes);

  int Class() const { return class_; }
  std::int64_t Integer() const { return integer_; }
  double Real() const { return real_; }
  std::string_view Text() const { return StoredBytes(); }
  std::string_view StoredBytes() const { return {bytes_, size_}; }

 private:
  union {
    std::int64_t integer_ = 0;
    double real_;
    const char* bytes_;
  };
  std::uint32_t size_ = 0;
  int class_ = SQLITE_NULL;
};

class StoredRows {
 public:
  // Nothing where only SQLite can tell: a key that is no rowid, text in UTF-16, generated columns,
  // a -wal that is not empty, no read transaction.
  static std::unique_ptr<StoredRows> Of(Connection& connection, const std::string& table,
                                        const TableKey& key,
                                        const std::vector<std::string>& columns);

  void Seek(const PartitionRange& range);
  bool Next();

  std::int64_t rowid() const { return tree_.rowid(); }
  std::size_t size() const { return wanted_.size(); }
  // Of the row at hand, in the order of the columns asked for; valid until the next row.
  const StoredValue& At(std::size_t column) const { return values_[wanted_[column]]; }

 private:
  struct Column {
    std::string name;
    bool real = false;  // an integer that a REAL column stores is a REAL
  };
  // What rows have that are older than a column.
  struct Default {
    std::string bytes;
    StoredValue value;
  };

  StoredRows(Connection& connection, const std::string& table, const TableKey& key,
             std::uint32_t root, std::vector<Column> columns, std::vector<std::size_t> wanted,
             std::optional<std::size_t> alias);
  const StoredValue& DefaultOf(std::size_t column);

  Connection& connection_;
  std::string table_;
  std::string rowid_;  // to select by
  TableTree tree_;
  std::vector<Column> columns_;  // up to the last one asked for
  std::vector<std::size_t> wanted_;
  std::optional<std::size_t> alias_;  // of the rowid; the row itself stores NULL
  std::vector<StoredValue> values_;
  std::vector<std::unique_ptr<Default>> defaults_;
};

}  // namespace transload::sqlite

#endif  // TRANSLOAD_EXTRACT_SQLITE_STORED_ROWS_H_
