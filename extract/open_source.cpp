// Which adapter serves which URL.
#include "core/error.h"
#include "extract/source.h"
#include "extract/sqlite/sqlite_source.h"

namespace transload {

std::unique_ptr<Source> OpenSource(const Options& options) {
  const std::string& url = options.source_url;
  std::string scheme = url.substr(0, url.find(':'));
  if (scheme == "sqlite") return OpenSqliteSource(options);
  throw UsageError("source URL: no adapter for the scheme '" + scheme +
                   "'; see transload drivers for those there are");
}

}  // namespace transload
