#include <algorithm>
#include <cstdint>
#include <string_view>

#include "core/error.h"
#include "core/glob.h"
#include "core/pg_type.h"
#include "mappings/expression_translator.h"
#include "mappings/type_rules.h"

namespace {

// Runs what may refuse its input by an Error, and by nothing else.
template <typename Call>
void Refusing(Call call) {
  try {
    call();
  } catch (const transload::Error&) {
    return;
  }
}

}  // namespace

// A source's expressions, types and patterns are somebody else's text; so are rule files.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace transload;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  ColumnPlan a;
  a.source.name = a.name = "a";
  a.type = ParsePgType("integer");
  ColumnPlan b;
  b.source.name = b.name = "b";
  b.type = ParsePgType("text");
  for (SqlDialect dialect : {SqlDialect::kMySql, SqlDialect::kSqlite, SqlDialect::kTSql}) {
    Refusing([&] { (void)TranslateCondition(text, dialect, {a, b}); });
    Refusing([&] { (void)TranslateKey(text, dialect, {a, b}); });
    Refusing([&] { (void)TranslateValue(text, dialect, {a, b}, ParsePgType("numeric(12,2)")); });
  }
  Refusing([&] { (void)ParsePgType(text); });
  (void)GlobMatches(text.substr(0, std::min<std::size_t>(size, 64)), "some.table");
  const bool ascii = std::all_of(text.begin(), text.end(), [](char c) { return c > 0; });
  if (ascii) Refusing([&] { (void)ParseTypeRules("fuzz", text); });
  return 0;
}
