
#include "tests/fuzz/one_cell.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace transload;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  for (const char* type :
       {"jsonb", "text[]", "numeric[]", "geometry(Point,4326)", "numeric", "point", "real",
        "vector", "xml", "char(3)", "interval", "inet", "bit(3)"}) {
    const PgType parsed = ParsePgType(type);
    ByteBuffer once;
    AppendCanonical(bytes, parsed, once);
    (void)RenderField(bytes, parsed);
  }
  return 0;
}
