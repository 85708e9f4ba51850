// Reads a source's schema through ODBC's catalogue functions. A function that the driver lacks or
// refuses is left out, and a note says what is missing for it.
#ifndef TRANSLOAD_EXTRACT_ODBC_CATALOGUE_H_
#define TRANSLOAD_EXTRACT_ODBC_CATALOGUE_H_

#include "core/source_schema.h"
#include "extract/odbc/dbms_traits.h"
#include "extract/odbc/driver_quirks.h"
#include "extract/odbc/handle.h"
#include "extract/odbc/naming.h"

namespace transload::odbc {

SourceCatalogue ReadCatalogue(Connection& connection, const Naming& naming,
                              const DriverQuirks& quirks, const DbmsTraits& traits);

}  // namespace transload::odbc

#endif  // TRANSLOAD_EXTRACT_ODBC_CATALOGUE_H_
