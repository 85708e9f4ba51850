// Writes and reads structs that have a Fields function (plan_fields.h) as JSON. Texts that are not
// UTF-8, as a source's catalogue may hold, are kept byte by byte behind a mark.
#ifndef TRANSLOAD_CORE_JSON_VISITOR_H_
#define TRANSLOAD_CORE_JSON_VISITOR_H_

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "core/plan_fields.h"
#include "core/policy.h"

namespace transload {

using Json = nlohmann::json;

// Bytes that JSON can't hold become "\u0001hex:..." .
std::string JsonText(const std::string& text);
std::string TextFromJson(const std::string& text);

class JsonWriter {
 public:
  template <class T>
  void operator()(const char* name, T& value) {
    json[name] = Write(value);
  }
  template <class T>
  static Json Write(T& value) {
    if constexpr (std::is_same_v<T, std::string>) {
      return JsonText(value);
    } else if constexpr (std::is_same_v<T, Policies>) {
      Json out = Json::object();
      for (const PolicyInfo& policy : PolicyCatalogue()) {
        out[policy.name] = JsonText(PolicyValue(value, policy.name));
      }
      return out;
    } else if constexpr (std::is_enum_v<T>) {
      return static_cast<int>(value);
    } else if constexpr (std::is_arithmetic_v<T>) {
      return value;
    } else {
      JsonWriter writer;
      writer.json = Json::object();
      Fields(writer, value);
      return std::move(writer.json);
    }
  }
  template <class T>
  static Json Write(std::vector<T>& values) {
    Json out = Json::array();
    for (T& value : values) out.push_back(Write(value));
    return out;
  }
  template <class T>
  static Json Write(std::optional<T>& value) {
    return value ? Write(*value) : Json(nullptr);
  }

  Json json;
};

class JsonReader {
 public:
  explicit JsonReader(const Json& from) : json_(from) {}

  template <class T>
  void operator()(const char* name, T& value) {
    auto found = json_.find(name);
    if (found != json_.end()) Read(*found, value);
  }
  template <class T>
  static void Read(const Json& from, T& value) {
    if constexpr (std::is_same_v<T, std::string>) {
      value = TextFromJson(from.get<std::string>());
    } else if constexpr (std::is_same_v<T, Policies>) {
      for (const auto& [name, text] : from.items()) {
        SetPolicy(value, name, TextFromJson(text.template get<std::string>()));
      }
    } else if constexpr (std::is_enum_v<T>) {
      value = static_cast<T>(from.get<int>());
    } else if constexpr (std::is_arithmetic_v<T>) {
      value = from.get<T>();
    } else {
      JsonReader reader(from);
      Fields(reader, value);
    }
  }
  template <class T>
  static void Read(const Json& from, std::vector<T>& values) {
    values.clear();
    for (const Json& item : from) {
      values.emplace_back();
      Read(item, values.back());
    }
  }
  template <class T>
  static void Read(const Json& from, std::optional<T>& value) {
    value.reset();
    if (!from.is_null()) Read(from, value.emplace());
  }

 private:
  const Json& json_;
};

}  // namespace transload

#endif  // TRANSLOAD_CORE_JSON_VISITOR_H_
