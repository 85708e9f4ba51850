// From the user's URL to a connection string, and to connections.
#ifndef TRANSLOAD_EXTRACT_ODBC_ENDPOINT_H_
#define TRANSLOAD_EXTRACT_ODBC_ENDPOINT_H_

#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/options.h"
#include "core/url.h"
#include "extract/odbc/driver_quirks.h"
#include "extract/odbc/handle.h"
#include "extract/odbc/installed_drivers.h"

namespace transload::odbc {

using Attributes = std::vector<std::pair<std::string, std::string>>;

struct Endpoint {
  Attributes attributes;  // without the password when it comes from the environment
  std::string shown;      // the URL without secrets
  bool sql_server = false;
  bool only_asks = false;  // CallLimits::only_asks
  std::uint64_t connect_timeout_ms = 10'000;
  std::uint64_t stall_timeout_ms = 300'000;
};

Endpoint ReadEndpoint(const Options& options);

// An mssql:// URL for the best of the installed drivers: Microsoft's newest, else FreeTDS, else a
// refusal that names the packages. `driver=` in the URL picks one by name.
Attributes SqlServerAttributes(const Url& url, std::span<const OdbcDriver> drivers);

// With what a FILEDSN holds in its place, as unixODBC's SQLDriverConnectW reads none. What stands
// in the connection string itself wins.
Attributes WithFileDsn(Attributes attributes);

// Of the driver that a connection string names, before it was loaded; nothing where it names none.
const DriverQuirks* InstalledQuirks(Attributes attributes, const OdbcInstallation& installation);
// The user's attributes win over the driver's own; numbers of bits are joined.
Attributes WithQuirks(Attributes attributes, const DriverQuirks& quirks);

// name=value;name={va;lue};
std::string ConnectionString(const Attributes& attributes);

// Connects, with the password of the environment (read anew each time) when the URL has none.
std::unique_ptr<Connection> Connect(const Endpoint& endpoint, const DriverQuirks* quirks);

}  // namespace transload::odbc

#endif  // TRANSLOAD_EXTRACT_ODBC_ENDPOINT_H_
