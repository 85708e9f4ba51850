// SOURCE and TARGET as the user writes them, taken apart.
//
//   mysql://user:password@host:3306/db?ssl-mode=required     also mariadb://
//   mssql://user@host:1433/db?driver=...
//   postgresql://...  or a libpq keyword string, host=... dbname=...
//   sqlite:relative.db   sqlite:///absolute.db
//   odbc:DSN=x;...       odbc:Driver={...};...
//   local:DIR
//
// A password may stand in here; it is shown nowhere. What a person or a file may see is Redacted().
// No error of this file quotes the user's text beyond the scheme, because a password that was not
// escaped can end up in any part of it.
#ifndef TRANSLOAD_CORE_URL_H_
#define TRANSLOAD_CORE_URL_H_

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace transload {

struct Url {
  // "mysql" (mariadb:// too), "mssql", "postgresql", "sqlite", "odbc" or "local".
  std::string scheme;
  std::string user;                     // percent-decoded, as all that follows
  std::optional<std::string> password;  // set and empty for "user:@host"
  // Without the brackets of an IPv6 address. PostgreSQL only: may be a list, "a:5432,b:5433".
  std::string host;
  int port = 0;  // 0: not given
  // The database's name; for sqlite: the file's path; for local: the directory.
  std::string database;
  // What follows '?', the keywords of a libpq string, or an ODBC string's attributes, in order;
  // user, password, host, port and database are there too when they were written so.
  std::vector<std::pair<std::string, std::string>> parameters;
  // Exactly what the user wrote. libpq takes it whole; holds the password.
  std::string original;
  // `original` with *** for every secret.
  std::string redacted;

  // The first parameter of that name, whatever its case; null when there is none.
  const std::string* FindParameter(std::string_view name) const;
};

// Throws a usage error that says what is wrong and how to write it.
Url ParseUrl(std::string_view text);

// The display form.
inline const std::string& Redacted(const Url& url) { return url.redacted; }
// The same for text that nobody has parsed yet; never throws for a malformed URL.
std::string Redacted(std::string_view text);

// True for the names of parameters that hold a secret: "password", "pwd", "sslpassword", ...
bool IsSecretParameter(std::string_view name);

// The usage error for a URL or connection string that libpq does not take; `side` is "source" or
// "target". libpq's own message quotes what it did not understand, which may be part of a password:
// of it only the name of a parameter is passed on, and only where no password can have been cut.
std::string NotPostgres(std::string_view side, std::string_view text,
                        std::string_view libpq_message);
// Throws a usage error for a value that libpq would only refuse when it connects.
void CheckSslMode(std::string_view side, const std::string& value);

}  // namespace transload

#endif  // TRANSLOAD_CORE_URL_H_
