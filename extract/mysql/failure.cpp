#include "extract/mysql/failure.h"

#include <fmt/format.h>

namespace transload::mysql {
namespace {

bool MeansConnectionLost(unsigned number) {
  switch (number) {
    case 1053:  // server shutdown in progress
    case 1152:  // aborted connection
    case 1158:  // network read error, as the server saw it
    case 1159:
    case 1160:
    case 1161:
    case 1927:  // connection was killed (MariaDB)
    case 2006:  // server has gone away
    case 2012:
    case 2013:  // lost connection during query
    case 2027:  // malformed packet
    case 2055:
    case 4031:  // closed for inactivity (MySQL 8)
      return true;
    default:
      return false;
  }
}

std::string_view Advice(unsigned number) {
  switch (number) {
    case kTableChanged:
      return "; a table was altered after the snapshot was taken: run again when no ALTER, "
             "TRUNCATE or OPTIMIZE is going on";
    case 1153:
    case 2020:
      return "; a row is larger than max_allowed_packet: raise it on the server (up to 1G)";
    case kStatementTimeout:
    case kExecutionTime:
      return "; the server limits how long a statement may run: lift the limit for this user";
    case kAccessDeniedForDatabase:
    case kTableAccessDenied:
    case 1143:
    case kPrivilegeMissing:
      return "; grant the user the missing privilege";
    default:
      return "";
  }
}

std::string_view ConnectAdvice(unsigned number) {
  switch (number) {
    case kAccessDenied:
    case 1698:
      return "check user and password (URL, TRANSLOAD_SOURCE_PASSWORD, MYSQL_PWD, ~/.my.cnf)";
    case kAccessDeniedForDatabase:
      return "grant the user SELECT on the database";
    case 1049:
      return "check the database's name in the URL";
    case 1130:
      return "the server does not accept this user from this host";
    case 1040:
    case 1203:
    case 1226:
      return "the server's connection limit is reached: use fewer --jobs or raise the limit";
    case 2002:
    case 2003:
      return "check host, port or socket, and that the server runs";
    case 2005:
      return "check the host's name";
    case 2026:
      return "check ssl-mode, ssl-ca, ssl-cert and ssl-key (URL, ~/.my.cnf), and that the "
             "certificate names the host";
    case 1251:
    case 2059:
      return "the client library lacks the account's authentication plugin";
    case 1820:  // the password must be changed before anything else
    case 1862:
      return "the account's password has expired: log in with a client that can change it (mysql "
             "or mariadb), run SET PASSWORD, and give the new one";
    case 3118:
    case 4151:
      return "the account is locked: ALTER USER ... ACCOUNT UNLOCK";
    default:
      return "check the URL";
  }
}

}  // namespace

Error StatementError(unsigned number, std::string_view message, std::string_view doing) {
  Error error(
      fmt::format("source: {} (error {}) while {}{}", message, number, doing, Advice(number)));
  error.code = std::to_string(number);
  error.connection_lost = MeansConnectionLost(number);
  error.snapshot_lost = number == kTableChanged;
  error.retryable = error.connection_lost || number == kQueryInterrupted ||
                    number == kLockWaitTimeout || number == 1213 || number == 1105;
  return error;
}

Error ConnectError(unsigned number, std::string_view message, std::string_view where) {
  Error error = RefusedError(fmt::format("cannot connect to source {}: {} (error {}); {}", where,
                                         message, number, ConnectAdvice(number)));
  error.code = std::to_string(number);
  error.connection_lost = true;
  // Of a reconnect in the middle of a run; at the start nobody tries again.
  error.retryable = MeansConnectionLost(number) || number == 2002 || number == 2003 ||
                    number == 1040 || number == 1203;
  return error;
}

bool IsPrivilegeError(const Error& error) {
  return error.code == "1044" || error.code == "1045" || error.code == "1142" ||
         error.code == "1227" || error.code == "1143" || error.code == "1370";
}

}  // namespace transload::mysql
