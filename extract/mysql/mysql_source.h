// The MySQL and MariaDB adapter: opens what mysql:// and mariadb:// name.
#ifndef TRANSLOAD_EXTRACT_MYSQL_MYSQL_SOURCE_H_
#define TRANSLOAD_EXTRACT_MYSQL_MYSQL_SOURCE_H_

#include <memory>

#include "extract/source.h"

namespace transload {

std::unique_ptr<Source> OpenMySqlSource(const Options& options);

}  // namespace transload

#endif  // TRANSLOAD_EXTRACT_MYSQL_MYSQL_SOURCE_H_
