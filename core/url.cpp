#include "core/url.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>

#include "core/ascii.h"
#include "core/connection_string.h"
#include "core/digits.h"
#include "core/error.h"
#include "core/url_text.h"

namespace transload {
namespace {

using url_text::Redactor;
using url_text::Trim;
using Parameters = std::vector<std::pair<std::string, std::string>>;

constexpr std::string_view kKnown =
    "known are mysql://, mariadb://, sqlite:, postgresql://, odbc:, mssql:// and, as a target, "
    "local:";
constexpr std::string_view kEscape =
    "in a user name or password write '@' as %40, '/' as %2F, ':' as %3A, '?' as %3F, '#' as %23 "
    "and '%' as %25, or leave the password out and set TRANSLOAD_SOURCE_PASSWORD or "
    "TRANSLOAD_TARGET_PASSWORD";

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string PercentDecoded(std::string_view text, std::string_view scheme, std::string_view part) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    int high = i + 1 < text.size() ? HexDigit(text[i + 1]) : -1;
    int low = i + 2 < text.size() ? HexDigit(text[i + 2]) : -1;
    if (high < 0 || low < 0 || (high == 0 && low == 0)) {
      throw UsageError(fmt::format(
          "{}: a '%' in the {} is not followed by two hex digits of a character; write '%' as %25",
          scheme, part));
    }
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

// "a=1&b=2", without the '?'.
void ReadQuery(std::string_view query, Url& url, Redactor& redactor) {
  while (!query.empty()) {
    std::size_t end = std::min(query.find('&'), query.size());
    std::string_view pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (pair.empty()) continue;
    std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos || equals == 0) {
      throw UsageError(fmt::format(
          "{}: a parameter after '?' wants the form name=value, several joined by '&'; {}",
          url.scheme, kEscape));
    }
    std::string name = PercentDecoded(pair.substr(0, equals), url.scheme, "parameters");
    std::string_view raw = pair.substr(equals + 1);
    std::string value = PercentDecoded(raw, url.scheme, "parameters");
    if (IsSecretParameter(name)) {
      redactor.Hide(raw);
      if (!url.password && (LowerAscii(name) == "password" || LowerAscii(name) == "pwd")) {
        url.password = value;
      }
    }
    url.parameters.emplace_back(std::move(name), std::move(value));
  }
}

int PortNumber(std::string_view text, std::string_view scheme) {
  int port = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size() || port < 1 || port > 65535) {
    throw UsageError(
        fmt::format("{}: the port, after the last ':' of the host, is not a number from 1 to "
                    "65535; if a password stands there: {}",
                    scheme, kEscape));
  }
  return port;
}

// "host", "host:3306", "[::1]:3306"; a list of them is kept whole.
void ReadHost(std::string_view text, Url& url) {
  if (text.find(',') != std::string_view::npos) {
    if (url.scheme != "postgresql") {
      throw UsageError(
          fmt::format("{}: one host only; a list of hosts is for postgresql://", url.scheme));
    }
    url.host = PercentDecoded(text, url.scheme, "host");
    return;
  }
  if (text.starts_with('[')) {
    std::size_t close = text.find(']');
    if (close == std::string_view::npos) {
      throw UsageError(fmt::format("{}: '[' of an IPv6 address without ']'", url.scheme));
    }
    url.host = std::string(text.substr(1, close - 1));
    text.remove_prefix(close + 1);
    if (text.empty()) return;
    if (!text.starts_with(':')) {
      throw UsageError(
          fmt::format("{}: after the ']' of an IPv6 address only ':port' may follow", url.scheme));
    }
    url.port = PortNumber(text.substr(1), url.scheme);
    return;
  }
  std::size_t colon = text.find(':');
  if (colon != text.rfind(':')) {
    throw UsageError(
        fmt::format("{}: write an IPv6 address in brackets, [::1]:3306; or, if a "
                    "password stands there: {}",
                    url.scheme, kEscape));
  }
  url.host = PercentDecoded(text.substr(0, std::min(colon, text.size())), url.scheme, "host");
  if (colon != std::string_view::npos && colon + 1 < text.size()) {
    url.port = PortNumber(text.substr(colon + 1), url.scheme);
  }
}

// What follows "scheme://".
void ReadNetwork(std::string_view rest, Url& url, Redactor& redactor) {
  std::size_t authority_end = std::min(rest.find_first_of("/?#"), rest.size());
  std::string_view authority = rest.substr(0, authority_end);
  std::string_view tail = rest.substr(authority_end);
  if (tail.find('#') != std::string_view::npos) {
    throw UsageError(fmt::format("{}: '#' has no meaning here; {}", url.scheme, kEscape));
  }
  std::size_t question = std::min(tail.find('?'), tail.size());
  std::string_view path = tail.substr(0, question);
  std::size_t at = authority.find('@');
  if ((at != std::string_view::npos && authority.find('@', at + 1) != std::string_view::npos) ||
      path.find('@') != std::string_view::npos) {
    throw UsageError(
        fmt::format("{}: an '@' too many, or a '/' before it; {}", url.scheme, kEscape));
  }
  if (at != std::string_view::npos) {
    std::string_view login = authority.substr(0, at);
    std::size_t colon = login.find(':');
    url.user =
        PercentDecoded(login.substr(0, std::min(colon, login.size())), url.scheme, "user name");
    if (colon != std::string_view::npos) {
      url.password = PercentDecoded(login.substr(colon + 1), url.scheme, "password");
      redactor.Hide(login.substr(colon + 1));
    }
    authority.remove_prefix(at + 1);
  }
  ReadHost(authority, url);
  if (path.size() > 1) url.database = PercentDecoded(path.substr(1), url.scheme, "database name");
  if (url.scheme != "postgresql" && url.database.find('/') != std::string::npos) {
    throw UsageError(
        fmt::format("{}: after the host stands one name, the database's, without a '/'; {}",
                    url.scheme, kEscape));
  }
  if (question < tail.size()) ReadQuery(tail.substr(question + 1), url, redactor);
}

void ReadSqlite(std::string_view rest, Url& url, Redactor& redactor) {
  std::size_t question = std::min(rest.find('?'), rest.size());
  std::string_view path = rest.substr(0, question);
  if (path.starts_with("//")) {
    if (!path.starts_with("///")) {
      throw UsageError(
          "sqlite: after '//' a host would stand; write sqlite:relative.db or "
          "sqlite:///absolute.db");
    }
    path.remove_prefix(2);
  }
  url.database = PercentDecoded(path, url.scheme, "path");
  if (url.database.empty() || url.database == "/") {
    throw UsageError(
        "sqlite: the path of the file is missing; write sqlite:relative.db or "
        "sqlite:///absolute.db");
  }
  if (url.database == ":memory:") {
    throw UsageError("sqlite: a database in memory belongs to one process; name a file");
  }
  if (question < rest.size()) ReadQuery(rest.substr(question + 1), url, redactor);
}

// The scheme in lower case, or empty when the text has none.
std::string SchemeOf(std::string_view text) {
  std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0) return "";
  std::string_view scheme = text.substr(0, colon);
  bool is_name = std::all_of(scheme.begin(), scheme.end(), [](char c) {
    return IsLetter(c) || IsDigit(c) || c == '+' || c == '-' || c == '.';
  });
  return is_name ? LowerAscii(scheme) : "";
}

// "host=db1 dbname=shop": a word, then '='.
bool LooksLikeKeywords(std::string_view text) {
  std::size_t equals = text.find('=');
  if (equals == std::string_view::npos) return false;
  std::string_view name = Trim(text.substr(0, equals));
  return !name.empty() &&
         std::all_of(name.begin(), name.end(), [](char c) { return IsLetter(c) || c == '_'; });
}

[[noreturn]] void ThrowUnknown(const std::string& scheme) {
  if (scheme.empty()) {
    throw UsageError(fmt::format(
        "a database is named by a URL, and this has no scheme; {} (a file: sqlite:name.db)",
        kKnown));
  }
  throw UsageError(fmt::format("unknown scheme '{}:'; {}", scheme, kKnown));
}

void ReadByScheme(std::string_view text, const std::string& scheme, Url& url, Redactor& redactor) {
  std::string_view rest = text.substr(scheme.size() + 1);
  if (scheme == "mysql" || scheme == "mariadb" || scheme == "mssql" || scheme == "sqlserver" ||
      scheme == "postgresql" || scheme == "postgres") {
    url.scheme = scheme == "mariadb"     ? "mysql"
                 : scheme == "sqlserver" ? "mssql"
                 : scheme == "postgres"  ? "postgresql"
                                         : scheme;
    if (!rest.starts_with("//")) {
      throw UsageError(
          fmt::format("{}: '//' is missing; write {}://user@host/database", url.scheme, scheme));
    }
    ReadNetwork(rest.substr(2), url, redactor);
  } else if (scheme == "sqlite") {
    url.scheme = scheme;
    ReadSqlite(rest, url, redactor);
  } else if (scheme == "odbc") {
    url.scheme = scheme;
    ReadOdbc(rest, url, redactor);
  } else if (scheme == "local") {
    url.scheme = scheme;
    if (rest.starts_with("///")) rest.remove_prefix(2);
    if (rest.empty() || rest.starts_with("//")) {
      throw UsageError("local: the directory is missing; write local:DIR or local:///absolute/dir");
    }
    url.database = std::string(rest);
  } else {
    ThrowUnknown(scheme);
  }
}

}  // namespace

bool IsSecretParameter(std::string_view name) {
  std::string lower = LowerAscii(name);
  for (std::string_view word : {"password", "passwd", "pwd", "passphrase", "secret", "token",
                                "scram_client_key", "scram_server_key"}) {
    if (lower.find(word) != std::string::npos) return true;
  }
  return lower == "pass";
}

std::string NotPostgres(std::string_view side, std::string_view text,
                        std::string_view libpq_message) {
  const auto is_letter = [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; };
  for (std::string_view words :
       {"invalid URI query parameter: \"", "invalid connection option \""}) {
    const std::size_t at = libpq_message.find(words);
    if (at == libpq_message.npos) continue;
    std::string_view name = libpq_message.substr(at + words.size());
    name = name.substr(0, name.find('"'));
    const std::size_t found = text.find(name);
    const std::size_t query = text.find('?');
    const bool cut = found == text.npos || IsSecretParameter(text.substr(0, found)) ||
                     (query != text.npos && text.find('@', query) != text.npos) ||
                     !std::all_of(name.begin(), name.end(), is_letter);
    if (!cut) return fmt::format("{}: PostgreSQL's URLs have no parameter {}", side, name);
  }
  return fmt::format(
      "the {} is not a PostgreSQL URL or connection string; expected "
      "postgresql://user@host:5432/database, with % written as %25 and other special characters "
      "of a password as %XX",
      side);
}

void CheckSslMode(std::string_view side, const std::string& value) {
  for (std::string_view known :
       {"", "disable", "allow", "prefer", "require", "verify-ca", "verify-full"}) {
    if (value == known) return;
  }
  throw UsageError(fmt::format(
      "{}: sslmode={} is none of disable, allow, prefer, require, verify-ca, verify-full", side,
      value));
}

const std::string* Url::FindParameter(std::string_view name) const {
  std::string wanted = LowerAscii(name);
  for (const auto& [key, value] : parameters) {
    if (LowerAscii(key) == wanted) return &value;
  }
  return nullptr;
}

Url ParseUrl(std::string_view text) {
  std::string_view trimmed = Trim(text);
  if (trimmed.empty()) throw UsageError(fmt::format("the URL is empty; {}", kKnown));
  for (char c : trimmed) {
    if (c == '\0') throw UsageError("a URL holds no NUL byte");
  }
  Url url;
  url.original = std::string(trimmed);
  std::string_view original = url.original;
  Redactor redactor(original);
  std::string scheme = SchemeOf(original);
  if (scheme.empty() && LooksLikeKeywords(original)) {
    url.scheme = "postgresql";
    ReadKeywords(original, url, redactor);
  } else if (scheme.empty()) {
    ThrowUnknown(scheme);
  } else {
    ReadByScheme(original, scheme, url, redactor);
  }
  url.redacted = redactor.Result();
  return url;
}

std::string Redacted(std::string_view text) {
  try {
    return ParseUrl(text).redacted;
  } catch (const Error&) {
    // Where the password starts and ends is not known, so nothing but the scheme is shown.
    std::string scheme = SchemeOf(Trim(text));
    return scheme.empty() ? "***" : scheme + ":***";
  }
}

}  // namespace transload
