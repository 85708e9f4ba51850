// Sources behind an ODBC driver.
#ifndef TRANSLOAD_EXTRACT_ODBC_ODBC_SOURCE_H_
#define TRANSLOAD_EXTRACT_ODBC_ODBC_SOURCE_H_

#include <memory>

#include "extract/source.h"

namespace transload {

std::unique_ptr<Source> OpenOdbcSource(const Options& options);

}  // namespace transload

#endif  // TRANSLOAD_EXTRACT_ODBC_ODBC_SOURCE_H_
