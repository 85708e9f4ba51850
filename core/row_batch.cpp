#include "core/row_batch.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace transload {

static_assert(std::endian::native == std::endian::little,
              "cells hold little-endian numbers; a big-endian machine needs swaps in every reader");

void ByteBuffer::Append(const void* bytes, std::size_t size) {
  if (size > 0) std::memcpy(Extend(size), bytes, size);
}

void ByteBuffer::Clear(std::size_t keep_bytes) {
  size_ = 0;
  if (capacity_ > keep_bytes) {
    data_.reset();
    capacity_ = 0;
  }
}

// Doubles small buffers; a large one grows to just what is asked for plus an eighth, so that a
// gigabyte row does not hold two gigabytes.
void ByteBuffer::Grow(std::size_t bytes) {
  const std::size_t needed = size_ + bytes;
  const std::size_t roomy = capacity_ < kKeepBytes ? capacity_ * 2 : capacity_ + capacity_ / 8;
  const std::size_t capacity = std::max({needed, roomy, std::size_t{4096}});
  std::unique_ptr<char[]> grown(new char[capacity]);
  if (size_ > 0) std::memcpy(grown.get(), data_.get(), size_);
  data_ = std::move(grown);
  capacity_ = capacity;
}

}  // namespace transload
