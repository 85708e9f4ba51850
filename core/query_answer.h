// The result of a query of the user's ([[check]]), as the engine prints it.
#ifndef TRANSLOAD_CORE_QUERY_ANSWER_H_
#define TRANSLOAD_CORE_QUERY_ANSWER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace transload {

struct QueryAnswer {
  std::vector<std::vector<std::optional<std::string>>> rows;  // NULL is nothing
  std::vector<bool> is_text;  // by column: its type holds text, so 012 is not 12
};

// text, varchar, char(n), name, "char", and a literal of no type: by their fixed numbers.
inline bool IsPostgresText(std::uint32_t oid) {
  return oid == 25 || oid == 1043 || oid == 1042 || oid == 19 || oid == 18 || oid == 705;
}

}  // namespace transload

#endif  // TRANSLOAD_CORE_QUERY_ANSWER_H_
