// Pins a session: what a value looks like must not depend on the server's settings.
#ifndef TRANSLOAD_EXTRACT_MYSQL_SESSION_H_
#define TRANSLOAD_EXTRACT_MYSQL_SESSION_H_

#include <string>
#include <vector>

#include "extract/mysql/server_version.h"
#include "extract/mysql/sql_connection.h"

namespace transload::mysql {

struct SessionSetting {
  std::string variable;
  std::string value;     // as SQL
  std::string expected;  // as the server shows it; empty: not compared
};

// Those that this version of the server has.
std::vector<SessionSetting> SessionSettings(const ServerVersion& version);

// Sets them and reads them back; throws when the server kept something else.
void PinSession(SqlConnection& connection, const ServerVersion& version);

}  // namespace transload::mysql

#endif  // TRANSLOAD_EXTRACT_MYSQL_SESSION_H_
