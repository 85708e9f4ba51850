#include "core/row_batch.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace transload {

static_assert(std::endian::native == std::endian::little,
              "cells hold little-endian numbers; a big-endian machine needs swaps in every reader");

namespace {
constexpr std::size_t kPageBytes = 4096;
}  // namespace

void ByteBuffer::Append(const void* bytes, std::size_t size) {
  if (size > 0) std::memcpy(Extend(size), bytes, size);
}

void ByteBuffer::Clear(std::size_t keep_bytes) {
  size_ = 0;
  if (capacity_ > keep_bytes) {
    storage_.reset();
    data_ = nullptr;
    capacity_ = 0;
  }
}

// Doubles small buffers; a large one grows to just what is asked for plus an eighth, so that a
// gigabyte row does not hold two gigabytes.
void ByteBuffer::Grow(std::size_t bytes) {
  const std::size_t needed = size_ + bytes;
  const std::size_t roomy = capacity_ < kKeepBytes ? capacity_ * 2 : capacity_ + capacity_ / 8;
  const std::size_t capacity = std::max({needed, roomy, std::size_t{4096}});
  std::unique_ptr<char[]> grown(new char[capacity + kPageBytes]);
  const std::size_t in_page = reinterpret_cast<std::uintptr_t>(grown.get()) % kPageBytes;
  char* start = grown.get() + (place_in_page_ + kPageBytes - in_page) % kPageBytes;
  if (size_ > 0) std::memcpy(start, data_, size_);
  storage_ = std::move(grown);
  data_ = start;
  capacity_ = capacity;
}

}  // namespace transload
