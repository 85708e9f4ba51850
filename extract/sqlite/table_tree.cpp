#include "extract/sqlite/table_tree.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "extract/sqlite/varint.h"

namespace transload::sqlite {
namespace {

constexpr std::uint32_t kRunBytes = 64u << 10;
// A varint or an integer may be read whole before it is known to end on its page.
constexpr std::uint32_t kPadding = 16;
constexpr unsigned char kInteriorPage = 0x05;
constexpr unsigned char kLeafPage = 0x0d;
constexpr std::uint32_t kLeafHeader = 8;
constexpr std::uint32_t kInteriorHeader = 12;
// SQLite gives up at a depth of 20: no file of its 2^32 pages is deeper.
constexpr std::size_t kDeepest = 20;

std::uint32_t Load16(const unsigned char* from) {
  return static_cast<std::uint32_t>(from[0]) << 8 | from[1];
}

std::uint32_t Load32(const unsigned char* from) { return Load16(from) << 16 | Load16(from + 2); }

PageSizes ReadSizes(const Connection& connection) {
  std::array<unsigned char, 100> header{};
  connection.ReadFile(header.data(), static_cast<int>(header.size()), 0);
  PageSizes sizes;
  sizes.page = Load16(header.data() + 16);
  if (sizes.page == 1) sizes.page = 65536;
  const bool power = sizes.page >= 512 && (sizes.page & (sizes.page - 1)) == 0;
  const std::uint32_t reserved = header[20];
  if (!power || sizes.page - reserved < 480) {
    throw connection.FileError(SQLITE_CORRUPT, "reading",
                               "its pages have a size that SQLite does not know");
  }
  sizes.usable = sizes.page - reserved;
  sizes.pages = static_cast<std::uint32_t>(
      std::min<std::uint64_t>(connection.FileBytes() / sizes.page, ~std::uint32_t{0} - 1));
  return sizes;
}

}  // namespace

PageRun::PageRun(const Connection& connection, PageSizes sizes)
    : connection_(&connection), sizes_(sizes), most_(std::max(kRunBytes / sizes.page, 1u)) {}

bool PageRun::Has(std::uint32_t page) const { return page >= first_ && page - first_ < count_; }

const unsigned char* PageRun::Load(std::uint32_t page, std::uint32_t ahead) {
  if (!Has(page)) {
    connection_->ThrowIfInterrupted();
    const std::uint32_t count = std::min({ahead + 1, most_, sizes_.pages - page + 1});
    const std::size_t size = std::size_t{count} * sizes_.page;
    if (bytes_.size() < size + kPadding) bytes_.resize(size + kPadding);
    count_ = 0;
    connection_->ReadFile(bytes_.data(), static_cast<int>(size),
                          static_cast<std::int64_t>(page - 1) * sizes_.page);
    first_ = page;
    count_ = count;
  }
  return bytes_.data() + std::size_t{page - first_} * sizes_.page;
}

TableTree::TableTree(const Connection& connection, std::string table, std::uint32_t root)
    : connection_(&connection),
      table_(std::move(table)),
      root_(root),
      sizes_(ReadSizes(connection)),
      leaves_(connection, sizes_),
      overflow_(connection, sizes_) {}

void TableTree::ThrowMalformed(const std::string& what) const {
  throw connection_->FileError(SQLITE_CORRUPT, "reading",
                               fmt::format("table {}, page {}: {}", table_, page_number_, what));
}

// A page that the page at hand points to.
std::uint32_t TableTree::CheckPage(std::uint32_t page) const {
  if (page == 0 || page > sizes_.pages) {
    ThrowMalformed(fmt::format("it points to page {} of {}", page, sizes_.pages));
  }
  return page;
}

void TableTree::Seek(std::optional<std::int64_t> lower, std::optional<std::int64_t> upper) {
  lower_ = lower;
  upper_ = upper;
  begun_ = false;
  depth_ = 0;
  Descend(root_);
}

// Down to the leaf where `lower_` is, or to the first one.
void TableTree::Descend(std::uint32_t page) {
  while (true) {
    const unsigned char* bytes = leaves_.Load(CheckPage(page), 0);
    page_number_ = page;
    if (EnterLeaf(bytes)) return;
    if (depth_ == kDeepest) ThrowMalformed("the tree is too deep");
    if (path_.size() == depth_) path_.emplace_back();
    Level& level = path_[depth_];
    level.number = page;
    level.page.assign(bytes, bytes + sizes_.page);
    level.page.resize(sizes_.page + kPadding);
    level.cells = Load16(bytes + 3);
    CheckCells(level.page.data(), kInteriorHeader, level.cells);
    level.at = 0;
    if (lower_ && !begun_) {
      // A child has the rowids up to its key.
      std::uint32_t beyond = level.cells;
      while (level.at < beyond) {
        const std::uint32_t middle = (level.at + beyond) / 2;
        if (KeyOf(level, middle) < *lower_) {
          level.at = middle + 1;
        } else {
          beyond = middle;
        }
      }
    }
    page = Child(level, level.at);
    ++depth_;
  }
}

// False for an interior page.
bool TableTree::EnterLeaf(const unsigned char* page) {
  if (page[0] == kInteriorPage) return false;
  if (page[0] != kLeafPage) ThrowMalformed("it is no page of a table");
  leaf_ = page;
  cells_ = Load16(page + 3);
  cell_ = 0;
  CheckCells(page, kLeafHeader, cells_);
  return true;
}

bool TableTree::NextLeaf() {
  while (depth_ > 0) {
    Level& level = path_[depth_ - 1];
    if (level.at == level.cells) {
      --depth_;
      continue;
    }
    if (upper_ && KeyOf(level, level.at) >= *upper_) return false;
    ++level.at;
    page_number_ = level.number;
    const std::uint32_t child = CheckPage(Child(level, level.at));
    // Most leaves lie on the page after that of the leaf before.
    if (!leaves_.Has(child)) leaves_.Load(child, NeighboursOf(level));
    Descend(child);
    return true;
  }
  return false;
}

// How many children after the one at hand lie on the pages after its page.
std::uint32_t TableTree::NeighboursOf(const Level& level) const {
  const std::uint32_t first = Child(level, level.at);
  std::uint32_t ahead = 0;
  while (ahead + 1 < leaves_.most() && level.at + ahead + 1 <= level.cells &&
         Child(level, level.at + ahead + 1) == first + ahead + 1) {
    if (upper_ && KeyOf(level, level.at + ahead) >= *upper_) break;
    ++ahead;
  }
  return ahead;
}

void TableTree::CheckCells(const unsigned char* page, std::uint32_t header, std::uint32_t cells) {
  // Only the root of a table without rows is empty: SQLite gives up a page with its last cell.
  if (cells == 0 && (header != kLeafHeader || page_number_ != root_)) {
    ThrowMalformed("it has no cells");
  }
  if (header + 2 * cells > sizes_.usable) ThrowMalformed("it has too many cells");
  for (std::uint32_t i = 0; i < cells; ++i) {
    const std::uint32_t offset = Load16(page + header + 2 * i);
    if (offset < header + 2 * cells || offset + 4 > sizes_.usable) {
      ThrowMalformed("a cell lies outside of it");
    }
  }
}

const unsigned char* TableTree::Cell(const unsigned char* page, std::uint32_t header,
                                     std::uint32_t number) const {
  return page + Load16(page + header + 2 * number);
}

std::uint32_t TableTree::Child(const Level& level, std::uint32_t number) const {
  const unsigned char* page = level.page.data();
  return Load32(number == level.cells ? page + 8 : Cell(page, kInteriorHeader, number));
}

std::int64_t TableTree::KeyOf(const Level& level, std::uint32_t number) const {
  std::uint64_t key = 0;
  ReadVarint(Cell(level.page.data(), kInteriorHeader, number) + 4, key);
  return static_cast<std::int64_t>(key);
}

bool TableTree::Next() {
  connection_->ThrowIfInterrupted();
  while (true) {
    while (cell_ == cells_) {
      if (!NextLeaf()) return false;
    }
    const unsigned char* at = Cell(leaf_, kLeafHeader, cell_++);
    std::uint64_t size = 0;
    std::uint64_t key = 0;
    at = ReadVarint(ReadVarint(at, size), key);
    const auto rowid = static_cast<std::int64_t>(key);
    if (lower_ && rowid < *lower_) continue;
    if (upper_ && rowid >= *upper_) {
      // Whatever is asked next, there is no row.
      depth_ = 0;
      cell_ = cells_;
      return false;
    }
    // A row out of order would be one that a search for it does not find.
    if (begun_ && rowid <= rowid_) ThrowMalformed("rowids are out of order");
    begun_ = true;
    rowid_ = rowid;
    TakeRecord(at, size);
    return true;
  }
}

void TableTree::TakeRecord(const unsigned char* at, std::uint64_t size) {
  const std::uint32_t usable = sizes_.usable;
  const auto room = static_cast<std::int64_t>(leaf_ + usable - at);
  std::uint64_t local = size;
  if (size > usable - 35) {
    const std::uint32_t least = (usable - 12) * 32 / 255 - 23;
    const std::uint64_t surplus = least + (size - least) % (usable - 4);
    local = surplus <= usable - 35 ? surplus : least;
  }
  const std::uint64_t stored = local + (local < size ? 4 : 0);
  if (room < 0 || stored > static_cast<std::uint64_t>(room)) {
    ThrowMalformed("a row does not end on it");
  }
  if (local < size) return JoinRecord(at, static_cast<std::uint32_t>(local), size);
  record_ = {reinterpret_cast<const char*>(at), static_cast<std::size_t>(size)};
}

void TableTree::JoinRecord(const unsigned char* at, std::uint32_t local, std::uint64_t size) {
  if (size > std::uint64_t{sizes_.pages} * sizes_.page) {
    ThrowMalformed("a row is larger than the file");
  }
  if (joined_.size() < size + kPadding) joined_.resize(size + kPadding);
  std::memcpy(joined_.data(), at, local);
  std::uint32_t page = Load32(at + local);
  const std::uint32_t room = sizes_.usable - 4;
  for (std::uint64_t done = local; done < size;) {
    const auto left = static_cast<std::uint32_t>((size - done - 1) / room);
    const unsigned char* bytes = overflow_.Load(CheckPage(page), left);
    const std::uint64_t count = std::min<std::uint64_t>(size - done, room);
    std::memcpy(joined_.data() + done, bytes + 4, count);
    done += count;
    page = Load32(bytes);
  }
  // Pages of another row, or of this one again, were taken for its own.
  if (page != 0) ThrowMalformed("the pages of a row go on behind its end");
  record_ = {reinterpret_cast<const char*>(joined_.data()), static_cast<std::size_t>(size)};
}

}  // namespace transload::sqlite
