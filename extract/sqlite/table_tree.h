// The rows of a table where they lie in the database file: a b-tree of pages, as described in
// https://www.sqlite.org/fileformat2.html#b_tree_pages.
//
// SQLite's own engine spends more on handing over a row than transload on everything else it does
// with one. Pages are read through SQLite's file handle, inside its read transaction: its locks
// keep them as they are. Nothing in a page is believed before it was checked.
#ifndef TRANSLOAD_EXTRACT_SQLITE_TABLE_TREE_H_
#define TRANSLOAD_EXTRACT_SQLITE_TABLE_TREE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "extract/sqlite/connection.h"

namespace transload::sqlite {

// Sizes that the database's first page gives.
struct PageSizes {
  std::uint32_t page = 0;
  std::uint32_t usable = 0;  // of each page, from its start
  std::uint32_t pages = 0;   // in the file
};

// A few neighbouring pages, read at once.
class PageRun {
 public:
  PageRun(const Connection& connection, PageSizes sizes);

  bool Has(std::uint32_t page) const;
  // The page, after which some bytes more may be read. Where it must be fetched, up to `ahead`
  // pages come with it. Valid until the next call.
  const unsigned char* Load(std::uint32_t page, std::uint32_t ahead);
  std::uint32_t most() const { return most_; }

 private:
  const Connection* connection_;
  PageSizes sizes_;
  std::uint32_t most_;
  std::uint32_t first_ = 0;
  std::uint32_t count_ = 0;
  std::vector<unsigned char> bytes_;
};

class TableTree {
 public:
  // `root` is the table's root page.
  TableTree(const Connection& connection, std::string table, std::uint32_t root);

  // The rows from `lower` on and before `upper`.
  void Seek(std::optional<std::int64_t> lower, std::optional<std::int64_t> upper);
  bool Next();

  std::int64_t rowid() const { return rowid_; }
  // Of the row at hand, valid until the next one; at least eight bytes may be read beyond.
  std::string_view record() const { return record_; }

  [[noreturn]] void ThrowMalformed(const std::string& what) const;

 private:
  struct Level {
    std::uint32_t number = 0;  // of the page
    std::vector<unsigned char> page;
    std::uint32_t cells = 0;
    std::uint32_t at = 0;  // the child that was taken; `cells` is the rightmost
  };

  std::uint32_t CheckPage(std::uint32_t page) const;
  void Descend(std::uint32_t page);
  bool NextLeaf();
  bool EnterLeaf(const unsigned char* page);
  void CheckCells(const unsigned char* page, std::uint32_t header, std::uint32_t cells);
  const unsigned char* Cell(const unsigned char* page, std::uint32_t header,
                            std::uint32_t number) const;
  std::uint32_t Child(const Level& level, std::uint32_t number) const;
  std::int64_t KeyOf(const Level& level, std::uint32_t number) const;
  std::uint32_t NeighboursOf(const Level& level) const;
  void TakeRecord(const unsigned char* at, std::uint64_t size);
  void JoinRecord(const unsigned char* at, std::uint32_t local, std::uint64_t size);

  const Connection* connection_;
  std::string table_;
  std::uint32_t root_;
  PageSizes sizes_;
  PageRun leaves_;
  PageRun overflow_;
  std::vector<Level> path_;  // from the root; beyond depth_ are buffers for later
  std::size_t depth_ = 0;
  std::uint32_t page_number_ = 0;
  const unsigned char* leaf_ = nullptr;
  std::uint32_t cells_ = 0;
  std::uint32_t cell_ = 0;
  std::optional<std::int64_t> lower_;
  std::optional<std::int64_t> upper_;
  bool begun_ = false;  // rowid_ is one of this range
  std::int64_t rowid_ = 0;
  std::string_view record_;
  std::vector<unsigned char> joined_;  // a record that has overflow pages
};

}  // namespace transload::sqlite

#endif  // TRANSLOAD_EXTRACT_SQLITE_TABLE_TREE_H_
