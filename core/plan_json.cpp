#include "core/plan_json.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/error.h"
#include "core/hex.h"
#include "core/json_visitor.h"

namespace transload {
namespace {

constexpr std::string_view kHexMark = "\x01hex:";

}  // namespace

std::string JsonText(const std::string& text) {
  const bool ascii = std::all_of(text.begin(), text.end(), [](char c) {
    return c != '\x01' && static_cast<unsigned char>(c) < 0x80;
  });
  if (ascii) return text;
  const bool plain = text.find('\x01') == std::string::npos;
  // dump() throws for text that is not UTF-8; this asks without an exception.
  const Json probe = text;
  const bool utf8 =
      probe.dump(-1, ' ', false, Json::error_handler_t::replace).find("\xEF\xBF\xBD") ==
      std::string::npos;
  if (plain && utf8) return text;
  return std::string(kHexMark) + LowerHex(text);
}

std::string TextFromJson(const std::string& text) {
  if (!std::string_view(text).starts_with(kHexMark)) return text;
  std::string out;
  for (std::size_t i = kHexMark.size(); i + 1 < text.size(); i += 2) {
    out += static_cast<char>(std::stoi(text.substr(i, 2), nullptr, 16));
  }
  return out;
}

std::string ToJson(const TablePlan& table) {
  TablePlan copy = table;  // one list of fields serves both ways
  return JsonWriter::Write(copy).dump();
}

TablePlan TablePlanFromJson(std::string_view json) {
  TablePlan table;
  try {
    JsonReader::Read(Json::parse(json), table);
  } catch (const nlohmann::json::exception& error) {
    throw Error(fmt::format("the plan of a table in the ledger can't be read: {}", error.what()));
  }
  return table;
}

}  // namespace transload
