#include "extract/mysql/grants.h"

#include <algorithm>

#include "core/ascii.h"

namespace transload::mysql {
namespace {

// SQL LIKE: % any run, _ one character, \ escapes.
bool Matches(std::string_view pattern, std::string_view text) {
  if (pattern.empty()) return text.empty();
  char first = pattern[0];
  if (first == '%') {
    for (std::size_t skip = 0; skip <= text.size(); ++skip) {
      if (Matches(pattern.substr(1), text.substr(skip))) return true;
    }
    return false;
  }
  if (text.empty()) return false;
  if (first == '\\' && pattern.size() > 1) {
    return pattern[1] == text[0] && Matches(pattern.substr(2), text.substr(1));
  }
  return (first == '_' || first == text[0]) && Matches(pattern.substr(1), text.substr(1));
}

// Privileges up to " ON ", without column lists, in upper case.
std::vector<std::string> SplitPrivileges(std::string_view text) {
  std::vector<std::string> privileges(1);
  int depth = 0;
  for (char c : text) {
    if (c == '(') ++depth;
    if (depth == 0 && c == ',') {
      privileges.emplace_back();
    } else if (depth == 0 && !(c == ' ' && privileges.back().empty())) {
      privileges.back() += UpperAscii(c);
    }
    if (c == ')') --depth;
  }
  for (std::string& privilege : privileges) {
    while (privilege.ends_with(' ')) privilege.pop_back();
  }
  return privileges;
}

// "`a``b`.*" gives a`b, "*.*" gives *, a single table gives nothing.
std::string DatabasePattern(std::string_view scope) {
  if (scope.starts_with("*.*")) return "*";
  if (!scope.starts_with("`")) return {};
  std::string pattern;
  std::size_t at = 1;
  while (at < scope.size()) {
    if (scope[at] == '`') {
      if (at + 1 >= scope.size() || scope[at + 1] != '`') break;
      ++at;
    }
    pattern += scope[at++];
  }
  return scope.substr(std::min(at + 1, scope.size())).starts_with(".*") ? pattern : "";
}

}  // namespace

void Grants::Add(std::string_view line) {
  constexpr std::string_view kGrant = "GRANT ";
  std::size_t on = line.find(" ON ");
  if (!line.starts_with(kGrant) || on == std::string_view::npos) return;
  Grant grant;
  grant.privileges = SplitPrivileges(line.substr(kGrant.size(), on - kGrant.size()));
  grant.pattern = DatabasePattern(line.substr(on + 4));
  if (!grant.pattern.empty()) grants_.push_back(std::move(grant));
}

bool Grants::Has(std::string_view privilege, std::string_view database) const {
  return std::any_of(grants_.begin(), grants_.end(), [&](const Grant& grant) {
    bool everywhere = grant.pattern == "*";
    if (!everywhere && (database.empty() || !Matches(grant.pattern, database))) return false;
    return std::any_of(grant.privileges.begin(), grant.privileges.end(),
                       [&](const std::string& held) {
                         return held == privilege || held == "ALL PRIVILEGES" || held == "ALL";
                       });
  });
}

Grants ReadGrants(SqlConnection& connection, const ServerVersion& version) {
  std::string sql = "SHOW GRANTS";
  if (version.MySqlSince(80000)) {
    std::string roles = connection.Scalar("SELECT CURRENT_ROLE()").value_or("NONE");
    if (roles != "NONE") sql += " FOR CURRENT_USER() USING " + roles;
  }
  Grants grants;
  for (const auto& row : connection.Query(sql).rows) grants.Add(row.at(0).value_or(""));
  return grants;
}

}  // namespace transload::mysql
