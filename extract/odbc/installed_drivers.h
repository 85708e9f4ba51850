// The ODBC drivers and data sources of this machine and user, as unixODBC knows them.
#ifndef TRANSLOAD_EXTRACT_ODBC_INSTALLED_DRIVERS_H_
#define TRANSLOAD_EXTRACT_ODBC_INSTALLED_DRIVERS_H_

#include <string>
#include <vector>

namespace transload {

struct OdbcDriver {
  std::string name;   // "MariaDB Unicode": what Driver={...} takes
  std::string file;   // "libmaodbc.so"
  std::string known;  // what transload calls it; empty: a driver it knows nothing about
  std::string tried;  // with what it was tried
};
struct OdbcDataSource {
  std::string name;    // what DSN= takes
  std::string driver;  // its driver's name
};
struct OdbcInstallation {
  std::vector<OdbcDriver> drivers;
  std::vector<OdbcDataSource> data_sources;
};

OdbcInstallation FindOdbcInstallation();

}  // namespace transload

#endif  // TRANSLOAD_EXTRACT_ODBC_INSTALLED_DRIVERS_H_
