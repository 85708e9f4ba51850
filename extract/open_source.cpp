// Which adapter serves which URL.
#include "core/error.h"
#include "core/url.h"
#include "extract/mysql/mysql_source.h"
#include "extract/odbc/odbc_source.h"
#include "extract/postgres/postgres_source.h"
#include "extract/source.h"
#include "extract/sqlite/sqlite_source.h"

namespace transload {

TableWitness Source::Witness(const WitnessRequest& /*request*/) {
  TableWitness none;
  none.why_not = "no second witness for this engine";
  return none;
}

QueryAnswer Source::Ask(const std::string& /*sql*/) {
  throw Error("this engine's adapter answers no queries of a [[check]]");
}

std::unique_ptr<Source> OpenSource(const Options& options) {
  const std::string scheme = ParseUrl(options.source_url).scheme;
  if (scheme == "mysql") return OpenMySqlSource(options);
  if (scheme == "sqlite") return OpenSqliteSource(options);
  if (scheme == "odbc" || scheme == "mssql") return OpenOdbcSource(options);
  if (scheme == "postgresql") return OpenPostgresSource(options);
  throw UsageError("source URL: nothing reads '" + scheme +
                   "' yet; sources are mysql:, mariadb:, postgresql:, sqlite:, odbc: and mssql:");
}

}  // namespace transload
