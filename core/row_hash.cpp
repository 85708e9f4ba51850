#include "core/row_hash.h"

#include <fmt/format.h>
// Inlined: a call through the shared library costs a short row as much as its hash.
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <charconv>

#include "core/error.h"

namespace transload {

namespace {

// What XXH3_128bits_withSeed derives from the seed anew for every row beyond 240 bytes.
struct Secret {
  explicit Secret(std::uint64_t from) : seed(from) { XXH3_generateSecret_fromSeed(bytes, from); }
  std::uint64_t seed;
  char bytes[XXH_SECRET_DEFAULT_SIZE];
};

}  // namespace

void AddRow(RowChecksum& checksum, std::string_view canonical_row, std::uint64_t seed) {
  thread_local Secret secret(seed);
  if (secret.seed != seed) secret = Secret(seed);
  XXH128_hash_t hash = XXH3_128bits_withSecretandSeed(canonical_row.data(), canonical_row.size(),
                                                      secret.bytes, sizeof secret.bytes, seed);
  checksum.AddHash(hash.high64, hash.low64);
}

std::string RowChecksum::Hex() const { return fmt::format("{:016x}{:016x}", high, low); }

RowChecksum RowChecksum::FromHex(std::uint64_t rows, std::string_view hex) {
  RowChecksum checksum;
  checksum.rows = rows;
  auto parse = [&](std::string_view half, std::uint64_t& value) {
    auto [end, error] = std::from_chars(half.data(), half.data() + half.size(), value, 16);
    return error == std::errc() && end == half.data() + half.size();
  };
  if (hex.size() != 32 || !parse(hex.substr(0, 16), checksum.high) ||
      !parse(hex.substr(16), checksum.low)) {
    throw BugError(fmt::format("a checksum has 32 hex digits, not '{}'", hex));
  }
  return checksum;
}

}  // namespace transload
