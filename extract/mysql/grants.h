// What the user may do, from SHOW GRANTS.
#ifndef TRANSLOAD_EXTRACT_MYSQL_GRANTS_H_
#define TRANSLOAD_EXTRACT_MYSQL_GRANTS_H_

#include <string>
#include <string_view>
#include <vector>

#include "extract/mysql/server_version.h"
#include "extract/mysql/sql_connection.h"

namespace transload::mysql {

class Grants {
 public:
  // Takes one line: GRANT SELECT, SHOW VIEW ON `shop`.* TO `app`@`%`. Lines that grant roles or
  // single tables are passed over.
  void Add(std::string_view line);
  // For all of `database`, or for the whole server when `database` is empty.
  bool Has(std::string_view privilege, std::string_view database) const;

 private:
  struct Grant {
    std::vector<std::string> privileges;
    std::string pattern;  // a LIKE pattern of databases; "*" for all
  };
  std::vector<Grant> grants_;
};

// Includes what the session's active roles grant.
Grants ReadGrants(SqlConnection& connection, const ServerVersion& version);

}  // namespace transload::mysql

#endif  // TRANSLOAD_EXTRACT_MYSQL_GRANTS_H_
