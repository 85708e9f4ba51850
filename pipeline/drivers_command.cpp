#include "pipeline/drivers_command.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "core/error.h"

namespace transload {
namespace {

constexpr const char* kUsage = "write: transload drivers [--format text|json]";

}  // namespace

std::string DriversText(const OdbcInstallation& found) {
  std::string text;
  if (found.drivers.empty()) {
    text +=
        "No ODBC driver is installed. Debian has odbc-mariadb, odbc-postgresql, libsqliteodbc and "
        "tdsodbc;\nMicrosoft's own for SQL Server is msodbcsql18, from its package repository.\n";
  } else {
    text += "ODBC drivers, as odbc:Driver={NAME};... takes them:\n\n";
  }
  for (const OdbcDriver& driver : found.drivers) {
    text += fmt::format("  {}\n      file   {}\n      known  {}\n      tried  {}\n", driver.name,
                        driver.file, driver.known.empty() ? "no" : driver.known, driver.tried);
  }
  if (found.data_sources.empty()) return text + "\nNo data source (DSN) is set up.\n";
  text += "\nData sources, as odbc:DSN=NAME takes them:\n\n";
  for (const OdbcDataSource& source : found.data_sources) {
    text += fmt::format("  {:<24} {}\n", source.name, source.driver);
  }
  return text;
}

std::string DriversJson(const OdbcInstallation& found) {
  nlohmann::ordered_json json;
  json["drivers"] = nlohmann::ordered_json::array();
  for (const OdbcDriver& driver : found.drivers) {
    json["drivers"].push_back({{"name", driver.name},
                               {"file", driver.file},
                               {"known", driver.known},
                               {"tried", driver.tried}});
  }
  json["data_sources"] = nlohmann::ordered_json::array();
  for (const OdbcDataSource& source : found.data_sources) {
    json["data_sources"].push_back({{"name", source.name}, {"driver", source.driver}});
  }
  return json.dump(2) + "\n";
}

std::string HandleDrivers(const std::vector<std::string>& arguments) {
  std::string format = "text";
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i] == "--help" || arguments[i] == "-h") {
      return std::string(kUsage) +
             "\n\nLists the ODBC drivers and data sources that unixODBC knows on this machine, and "
             "with what\ntransload tried each driver (docs/odbc.md).\n";
    }
    if (arguments[i] == "--format" && i + 1 < arguments.size()) {
      format = arguments[++i];
    } else if (arguments[i].starts_with("--format=")) {
      format = arguments[i].substr(9);
    } else {
      throw UsageError(kUsage);
    }
  }
  if (format != "text" && format != "json") throw UsageError(kUsage);
  const OdbcInstallation found = FindOdbcInstallation();
  return format == "json" ? DriversJson(found) : DriversText(found);
}

}  // namespace transload
