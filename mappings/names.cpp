#include "mappings/names.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <array>

#include "core/ascii.h"
#include "core/digits.h"
#include "core/pg_type.h"

namespace transload {
namespace {

constexpr std::size_t kCutNameBytes = 54;  // leaves room for '_' and 8 hex digits

std::string Snake(std::string_view name) {
  std::string out;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    if (c == ' ' || c == '-' || c == '.') {
      if (!out.empty() && out.back() != '_') out += '_';
      continue;
    }
    if (IsUpper(c) && i > 0) {
      const char before = name[i - 1];
      const bool next_is_lower = i + 1 < name.size() && IsLower(name[i + 1]);
      // "orderId" and "order2Id" break before I; "HTTPServer" before S.
      if (IsLower(before) || IsDigit(before) || (IsUpper(before) && next_is_lower)) {
        if (out.back() != '_') out += '_';
      }
    }
    out += c;
  }
  return LowerAscii(out);
}

// The longest whole characters of a UTF-8 text within `bytes`.
std::string CutUtf8(const std::string& text, std::size_t bytes) {
  if (text.size() <= bytes) return text;
  std::size_t end = bytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end);
}

}  // namespace

std::string FoldName(std::string_view name, Identifiers identifiers) {
  switch (identifiers) {
    case Identifiers::kLower:
      return LowerAscii(name);
    case Identifiers::kSnake:
      return Snake(name);
    case Identifiers::kPreserve:
      break;
  }
  return std::string(name);
}

std::string FitName(const std::string& name) {
  if (name.size() <= kLongestName) return name;
  const auto hash = static_cast<std::uint32_t>(XXH3_64bits(name.data(), name.size()));
  return fmt::format("{}_{:08x}", CutUtf8(name, kCutNameBytes), hash);
}

bool IsSystemColumn(std::string_view name) {
  constexpr std::array<std::string_view, 6> kNames = {"tableoid", "xmin", "cmin",
                                                      "xmax",     "cmax", "ctid"};
  return std::find(kNames.begin(), kNames.end(), name) != kNames.end();
}

bool NameRegistry::Take(const std::string& name, const std::string& owner) {
  return owners_.emplace(name, owner).second;
}

std::string NameRegistry::Allocate(const std::string& name, const std::string& owner) {
  std::string fitted = FitName(name);
  if (Take(fitted, owner)) return fitted;
  int& suffix = next_suffix_.try_emplace(fitted, 2).first->second;
  for (;;) {
    std::string candidate = FitName(fmt::format("{}_{}", name, suffix++));
    if (Take(candidate, owner)) return candidate;
  }
}

std::string NameRegistry::Owner(const std::string& name) const {
  auto found = owners_.find(name);
  return found == owners_.end() ? std::string() : found->second;
}

}  // namespace transload
