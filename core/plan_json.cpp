#include "core/plan_json.h"

#include <algorithm>

#include "core/error.h"
#include "core/json_visitor.h"

namespace transload {
namespace {

constexpr std::string_view kHexMark = "\x01hex:";

template <class T>
std::string Written(const T& value) {
  T copy = value;  // one list of fields serves both ways
  return JsonWriter::Write(copy).dump();
}

template <class T>
T ReadBack(std::string_view text, const char* what) {
  T out;
  try {
    JsonReader::Read(Json::parse(text), out);
  } catch (const nlohmann::json::exception& error) {
    throw Error(fmt::format("the {} in the ledger can't be read: {}", what, error.what()));
  }
  return out;
}

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
  std::string out(kHexMark);
  for (char c : text) out += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return out;
}

std::string TextFromJson(const std::string& text) {
  if (!std::string_view(text).starts_with(kHexMark)) return text;
  std::string out;
  for (std::size_t i = kHexMark.size(); i + 1 < text.size(); i += 2) {
    out += static_cast<char>(std::stoi(text.substr(i, 2), nullptr, 16));
  }
  return out;
}

std::string ToJson(const TablePlan& table) { return Written(table); }
std::string ToJson(const MigrationPlan& plan) { return Written(plan); }
TablePlan TablePlanFromJson(std::string_view json) {
  return ReadBack<TablePlan>(json, "plan of a table");
}
MigrationPlan MigrationPlanFromJson(std::string_view json) {
  return ReadBack<MigrationPlan>(json, "plan");
}

}  // namespace transload
