// Is the source fit to be copied from? Reads only.
#ifndef TRANSLOAD_EXTRACT_POSTGRES_PREFLIGHT_H_
#define TRANSLOAD_EXTRACT_POSTGRES_PREFLIGHT_H_

#include <vector>

#include "core/options.h"
#include "core/source_facts.h"
#include "extract/postgres/control_connection.h"

namespace transload::postgres {

std::vector<PreflightItem> RunPreflight(ControlConnection& connection, const Options& options);

}  // namespace transload::postgres

#endif  // TRANSLOAD_EXTRACT_POSTGRES_PREFLIGHT_H_
