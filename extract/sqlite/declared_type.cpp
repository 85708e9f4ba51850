#include "extract/sqlite/declared_type.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "core/ascii.h"
#include "extract/sqlite/sql_tokens.h"

namespace transload::sqlite {
namespace {

using Kind = SqlToken::Kind;

bool HoldsFraction(std::string_view type) {
  return type == "decimal" || type == "numeric" || type == "dec" || type == "number" ||
         type == "money" || type == "currency";
}

// "0x1F" → "31": PostgreSQL before 16 has no such literal.
std::string DecimalText(const std::string& number) {
  if (number.size() > 2 && number[0] == '0' && (number[1] == 'x' || number[1] == 'X')) {
    const std::uint64_t bits = std::strtoull(number.c_str() + 2, nullptr, 16);
    return std::to_string(static_cast<std::int64_t>(bits));
  }
  return number;
}

bool WrapsEverything(const std::vector<SqlToken>& tokens) {
  if (tokens.size() < 3 || !tokens.front().IsSymbol("(")) return false;
  int depth = 0;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (tokens[i].IsSymbol("(")) ++depth;
    if (tokens[i].IsSymbol(")") && --depth == 0) return i + 1 == tokens.size();
  }
  return false;
}

}  // namespace

Affinity AffinityOf(std::string_view declared) {
  const std::string type = LowerAscii(declared);
  const auto has = [&](std::string_view part) { return type.find(part) != std::string::npos; };
  if (has("int")) return Affinity::kInteger;
  if (has("char") || has("clob") || has("text")) return Affinity::kText;
  if (type.empty() || has("blob")) return Affinity::kBlob;
  if (has("real") || has("floa") || has("doub")) return Affinity::kReal;
  return Affinity::kNumeric;
}

void SetDeclaredType(SourceColumn& column, std::string_view declared) {
  column.full_type = declared;
  column.type.clear();
  std::vector<std::int64_t> arguments;
  int depth = 0;
  for (const SqlToken& token : CutTokens(declared)) {
    if (token.IsSymbol("(")) ++depth;
    if (token.IsSymbol(")")) --depth;
    if (depth > 0 && token.kind == Kind::kNumber) {
      arguments.push_back(std::strtoll(token.value.c_str(), nullptr, 10));
    }
    if (depth > 0 || token.kind == Kind::kSymbol) continue;
    if (token.Is("UNSIGNED")) {
      column.is_unsigned = true;
    } else if (!token.Is("SIGNED")) {
      column.type += (column.type.empty() ? "" : " ") + LowerAscii(token.value);
    }
  }
  if (arguments.empty()) return;
  if (HoldsFraction(column.type)) {
    column.precision =
        static_cast<std::int32_t>(std::clamp<std::int64_t>(arguments[0], -1, 1000000));
    const std::int64_t scale = arguments.size() > 1 ? arguments[1] : 0;
    column.scale = static_cast<std::int32_t>(std::clamp<std::int64_t>(scale, -1, 1000000));
  } else {
    column.length = arguments[0];
  }
}

std::optional<SourceDefault> ParseDefault(std::string_view sql) {
  std::vector<SqlToken> tokens = CutTokens(sql);
  while (WrapsEverything(tokens)) {
    tokens.erase(tokens.begin());
    tokens.pop_back();
  }
  std::string sign;
  std::size_t first = 0;
  while (first + 1 < tokens.size() &&
         (tokens[first].IsSymbol("-") || tokens[first].IsSymbol("+")) &&
         tokens.back().kind == Kind::kNumber) {
    if (tokens[first].IsSymbol("-")) sign = sign.empty() ? "-" : "";
    ++first;
  }
  if (tokens.size() - first != 1) return SourceDefault{std::string(sql), true};
  const SqlToken& token = tokens[first];
  switch (token.kind) {
    case Kind::kString:
    case Kind::kName:  // no column can be meant in a default: "abc" is SQLite's text fallback
      return SourceDefault{token.value, false};
    case Kind::kNumber:
      return SourceDefault{sign + DecimalText(token.value), false};
    case Kind::kWord:
      if (token.Is("NULL")) return std::nullopt;
      if (token.Is("TRUE")) return SourceDefault{"1", false};
      if (token.Is("FALSE")) return SourceDefault{"0", false};
      if (token.Is("CURRENT_TIMESTAMP") || token.Is("CURRENT_DATE") || token.Is("CURRENT_TIME")) {
        return SourceDefault{std::string(token.raw), true};
      }
      return SourceDefault{token.value, false};  // DEFAULT abc is the text 'abc' too
    default:
      return SourceDefault{std::string(sql), true};
  }
}

}  // namespace transload::sqlite
