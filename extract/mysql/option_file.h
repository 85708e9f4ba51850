// The [client] section of a MySQL option file, as far as a login needs it.
#ifndef TRANSLOAD_EXTRACT_MYSQL_OPTION_FILE_H_
#define TRANSLOAD_EXTRACT_MYSQL_OPTION_FILE_H_

#include <optional>
#include <string>
#include <string_view>

namespace transload::mysql {

struct OptionFile {
  std::optional<std::string> user, password, host, port, socket;
  std::optional<std::string> ssl_mode, ssl_ca, ssl_cert, ssl_key;
};

// Reads [client] and [client-mariadb]; other sections are passed over. Comments
// start with # or ;, and with # after a value too. Quotes around a value are taken off; \s, \t, \n,
// \r, \\ and \" are escapes. The last setting of a name wins,
// and MariaDB's ssl-verify-server-cert is one of ssl-mode.
// https://dev.mysql.com/doc/refman/8.4/en/option-files.html
OptionFile ParseOptionFile(std::string_view text);

// ~/.my.cnf, or nothing when there is none that may be read.
OptionFile ReadUserOptionFile();

}  // namespace transload::mysql

#endif  // TRANSLOAD_EXTRACT_MYSQL_OPTION_FILE_H_
