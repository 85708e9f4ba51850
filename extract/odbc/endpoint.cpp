#include "extract/odbc/endpoint.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>

#include "core/ascii.h"
#include "core/error.h"
#include "core/glob.h"
#include "core/url_text.h"

namespace transload::odbc {
namespace {

std::string* Find(Attributes& attributes, std::string_view name) {
  const std::string wanted = LowerAscii(name);
  for (auto& [key, value] : attributes) {
    if (LowerAscii(key) == wanted) return &value;
  }
  return nullptr;
}

bool HasPassword(const Attributes& attributes) {
  return std::any_of(attributes.begin(), attributes.end(), [](const auto& attribute) {
    const std::string name = LowerAscii(attribute.first);
    return name == "pwd" || name == "password";
  });
}

// Braces only where they are needed: not every driver takes them off again.
std::string Braced(const std::string& value, bool always) {
  const bool plain = value.find_first_of("[]{}(),;?*=!@") == std::string::npos &&
                     (value.empty() || (value.front() != ' ' && value.back() != ' '));
  if (plain && !always) return value;
  std::string out = "{";
  for (const char c : value) {
    out += c;
    if (c == '}') out += c;
  }
  return out + "}";
}

std::string Unbraced(std::string_view value) {
  if (value.size() < 2 || !value.starts_with('{') || !value.ends_with('}')) {
    return std::string(value);
  }
  std::string out;
  for (std::size_t i = 1; i + 1 < value.size(); ++i) {
    out += value[i];
    if (value[i] == '}') ++i;
  }
  return out;
}

// Drivers for SQL Server, the best first.
const OdbcDriver* ChooseSqlServerDriver(std::span<const OdbcDriver> drivers) {
  for (const std::string_view wanted :
       {"odbc driver 18 for sql server", "odbc driver 17 for sql server"}) {
    for (const OdbcDriver& driver : drivers) {
      if (LowerAscii(driver.name) == wanted) return &driver;
    }
  }
  for (const std::string_view file : {"*msodbcsql*", "*tdsodbc*"}) {
    for (const OdbcDriver& driver : drivers) {
      if (GlobMatches(file, LowerAscii(driver.file))) return &driver;
    }
  }
  return nullptr;
}

bool IsFreeTds(const std::string& name, std::span<const OdbcDriver> drivers) {
  for (const OdbcDriver& driver : drivers) {
    if (LowerAscii(driver.name) == LowerAscii(name)) {
      return GlobMatches("*tdsodbc*", LowerAscii(driver.file));
    }
  }
  return GlobMatches("*freetds*", LowerAscii(name)) || GlobMatches("*tdsodbc*", LowerAscii(name));
}

}  // namespace

Attributes SqlServerAttributes(const Url& url, std::span<const OdbcDriver> drivers) {
  const std::string* named = url.FindParameter("driver");
  std::string name = named != nullptr ? *named : "";
  if (name.empty()) {
    const OdbcDriver* driver = ChooseSqlServerDriver(drivers);
    if (driver == nullptr) {
      throw RefusedError(
          "no ODBC driver for SQL Server is installed: install msodbcsql18 (from Microsoft's "
          "package repository), or Debian's tdsodbc; 'transload drivers' lists what there is");
    }
    name = driver->name;
  }
  if (url.host.empty()) throw UsageError("mssql: the host is missing: mssql://user@host/database");
  const bool free_tds = IsFreeTds(name, drivers);
  Attributes attributes = {{"Driver", name}};
  const int port = url.port > 0 ? url.port : 1433;
  if (free_tds) {
    attributes.emplace_back("Server", url.host);
    attributes.emplace_back("Port", std::to_string(port));
  } else {
    attributes.emplace_back("Server", fmt::format("tcp:{},{}", url.host, port));
  }
  if (!url.database.empty()) attributes.emplace_back("Database", url.database);
  if (!url.user.empty()) attributes.emplace_back("UID", url.user);
  if (url.user.empty() && !free_tds) attributes.emplace_back("Trusted_Connection", "yes");
  if (url.password) attributes.emplace_back("PWD", *url.password);
  for (const auto& [key, value] : url.parameters) {
    const std::string lower = LowerAscii(key);
    if (lower == "driver" || lower == "password" || lower == "pwd") continue;
    attributes.emplace_back(key, value);
  }
  return attributes;
}

Attributes WithFileDsn(Attributes attributes) {
  const auto named = std::find_if(attributes.begin(), attributes.end(), [](const auto& attribute) {
    return LowerAscii(attribute.first) == "filedsn";
  });
  if (named == attributes.end()) return attributes;
  const std::string path = named->second;
  attributes.erase(named);
  std::ifstream file(path);
  if (!file) {
    throw RefusedError(
        fmt::format("FILEDSN={}: {}; write the path of the file", path, std::strerror(errno)));
  }
  bool ours = false;
  for (std::string line; std::getline(file, line);) {
    const std::string_view text = url_text::Trim(line);
    if (text.starts_with('[')) ours = LowerAscii(text) == "[odbc]";
    const std::size_t equals = text.find('=');
    const bool comment = text.starts_with('#') || text.starts_with(';');
    if (!ours || comment || equals == std::string_view::npos) continue;
    const std::string name(url_text::Trim(text.substr(0, equals)));
    if (Find(attributes, name) != nullptr) continue;
    attributes.emplace_back(name, Unbraced(url_text::Trim(text.substr(equals + 1))));
  }
  return attributes;
}

const DriverQuirks* InstalledQuirks(Attributes attributes, const OdbcInstallation& installation) {
  const std::string* wanted = Find(attributes, "driver");
  if (const std::string* dsn = Find(attributes, "dsn"); wanted == nullptr && dsn != nullptr) {
    for (const OdbcDataSource& source : installation.data_sources) {
      if (LowerAscii(source.name) == LowerAscii(*dsn)) wanted = &source.driver;
    }
  }
  if (wanted == nullptr) return nullptr;
  for (const OdbcDriver& driver : installation.drivers) {
    if (LowerAscii(driver.name) == LowerAscii(*wanted)) return &QuirksOf(driver.file);
  }
  return &QuirksOf(*wanted);  // a file may stand in the place of a name
}

Attributes WithQuirks(Attributes attributes, const DriverQuirks& quirks) {
  for (const Attribute& attribute : quirks.attributes) {
    std::string* given = Find(attributes, attribute.name);
    if (given == nullptr) {
      attributes.emplace_back(attribute.name, attribute.value);
    } else if (attribute.bits) {
      const auto number = [](std::string_view text) {
        return std::strtoull(std::string(text).c_str(), nullptr, 10);
      };
      *given = std::to_string(number(*given) | number(attribute.value));
    }
  }
  return attributes;
}

std::string ConnectionString(const Attributes& attributes) {
  std::string text;
  for (const auto& [name, value] : attributes) {
    text += fmt::format("{}={};", name, Braced(value, LowerAscii(name) == "driver"));
  }
  return text;
}

Endpoint ReadEndpoint(const Options& options) {
  const Url url = ParseUrl(options.source_url);
  Endpoint endpoint;
  endpoint.shown = url.redacted;
  endpoint.connect_timeout_ms = options.connect_timeout_ms;
  endpoint.stall_timeout_ms = options.stall_timeout_ms;
  if (url.scheme == "mssql") {
    endpoint.sql_server = true;
    endpoint.attributes = SqlServerAttributes(url, FindOdbcInstallation().drivers);
  } else {
    endpoint.attributes = WithFileDsn(url.parameters);
  }
  return endpoint;
}

namespace {

// A server that refuses a connection answers, too.
bool LetsIn(Endpoint endpoint, const DriverQuirks* quirks) {
  endpoint.only_asks = true;
  try {
    Connect(endpoint, quirks);
    return true;
  } catch (const Error& error) {
    return !error.retryable;
  }
}

CallLimits LimitsOf(const Endpoint& endpoint, const DriverQuirks* quirks) {
  CallLimits limits;
  limits.connect = std::chrono::milliseconds(endpoint.connect_timeout_ms);
  limits.stall = std::chrono::milliseconds(endpoint.stall_timeout_ms);
  limits.shown = endpoint.shown;
  limits.only_asks = endpoint.only_asks;
  limits.answers = [endpoint, quirks] { return LetsIn(endpoint, quirks); };
  return limits;
}

}  // namespace

std::unique_ptr<Connection> Connect(const Endpoint& endpoint, const DriverQuirks* quirks) {
  Attributes attributes =
      quirks != nullptr ? WithQuirks(endpoint.attributes, *quirks) : endpoint.attributes;
  if (!HasPassword(attributes)) {
    const char* password = std::getenv("TRANSLOAD_SOURCE_PASSWORD");
    if (password != nullptr) attributes.emplace_back("PWD", password);
  }
  std::string secret;
  for (const auto& [name, value] : attributes) {
    if (IsSecretParameter(name)) secret = value;
  }
  return std::make_unique<Connection>(ConnectionString(attributes), secret,
                                      LimitsOf(endpoint, quirks));
}

}  // namespace transload::odbc
