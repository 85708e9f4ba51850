// Catalogue results written down as text, in the place of a driver's.
#ifndef TRANSLOAD_TESTS_EXTRACT_ODBC_RESULT_ROWS_H_
#define TRANSLOAD_TESTS_EXTRACT_ODBC_RESULT_ROWS_H_

#include <string>

#include "extract/odbc/query.h"

namespace transload::odbc {

// The first line names the columns; '|' stands between values, \N is NULL, blanks around values are
// left out.
ResultTable Result(const std::string& text);

}  // namespace transload::odbc

#endif  // TRANSLOAD_TESTS_EXTRACT_ODBC_RESULT_ROWS_H_
