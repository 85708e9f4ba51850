// transload drivers: the ODBC drivers and data sources of this machine, and what transload knows
// about them.
#ifndef TRANSLOAD_PIPELINE_DRIVERS_COMMAND_H_
#define TRANSLOAD_PIPELINE_DRIVERS_COMMAND_H_

#include <string>
#include <vector>

#include "extract/odbc/installed_drivers.h"

namespace transload {

// `arguments` are those behind "drivers". Returns what is to be printed.
std::string HandleDrivers(const std::vector<std::string>& arguments);

// The two forms of the answer.
std::string DriversText(const OdbcInstallation& found);
std::string DriversJson(const OdbcInstallation& found);

}  // namespace transload

#endif  // TRANSLOAD_PIPELINE_DRIVERS_COMMAND_H_
