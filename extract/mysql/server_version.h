// Which server this is, and what it can do.
#ifndef TRANSLOAD_EXTRACT_MYSQL_SERVER_VERSION_H_
#define TRANSLOAD_EXTRACT_MYSQL_SERVER_VERSION_H_

#include <string>
#include <string_view>

namespace transload::mysql {

struct ServerVersion {
  bool mariadb = false;
  int number = 0;    // 10.11.19 is 101119, 8.0.36 is 80036
  std::string text;  // as VERSION() says

  // Reads what VERSION() returns.
  static ServerVersion Parse(std::string_view text);
  // "MySQL" or "MariaDB".
  std::string engine() const { return mariadb ? "MariaDB" : "MySQL"; }
  bool MySqlSince(int floor) const { return !mariadb && number >= floor; }
  bool MariaDbSince(int floor) const { return mariadb && number >= floor; }
  // MySQL 5.6, MariaDB 10.3: what this adapter is made for.
  bool supported() const { return mariadb ? number >= 100300 : number >= 50600; }
};

}  // namespace transload::mysql

#endif  // TRANSLOAD_EXTRACT_MYSQL_SERVER_VERSION_H_
