#include <cstdint>
#include <string_view>
#include <vector>

#include "core/error.h"
#include "core/pg_type.h"
#include "transform/canonical.h"

// Tuples that a server sends, or something that poses as one: a tuple or an Error, never bytes from
// beyond its end.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace transload;
  // On the heap and exactly as long, so that a sanitizer sees the first byte too many.
  const std::vector<char> bytes(data, data + size);
  const std::string_view fields(bytes.data(), bytes.size());
  for (const char* type : {"integer", "jsonb", "numeric", "text[]", "char(3)", "bytea"}) {
    TargetColumn column;
    column.type = ParsePgType(type);
    for (std::size_t columns : {1u, 2u, 3u}) {
      const RowCanonicaliser canonicaliser(std::vector<TargetColumn>(columns, column), 1);
      RowChecksum checksum;
      ByteBuffer scratch;
      try {
        canonicaliser.AddRow(fields, checksum, scratch);
      } catch (const Error&) {
        continue;
      }
    }
  }
  return 0;
}
