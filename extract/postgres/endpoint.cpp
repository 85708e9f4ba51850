#include "extract/postgres/endpoint.h"

#include <fmt/format.h>
#include <libpq-fe.h>

#include <map>
#include <memory>

#include "core/error.h"
#include "core/url.h"
#include "extract/postgres/sql_text.h"

namespace transload::postgres {
namespace {

struct FreeOptions {
  void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};

// libpq keyword -> value
std::map<std::string, std::string> Parsed(const std::string& url) {
  char* message = nullptr;
  std::unique_ptr<PQconninfoOption, FreeOptions> parsed(PQconninfoParse(url.c_str(), &message));
  if (!parsed) {
    const std::string why = message == nullptr ? "" : message;
    PQfreemem(message);
    throw UsageError(NotPostgres("source", url, why));
  }
  std::map<std::string, std::string> values;
  for (PQconninfoOption* option = parsed.get(); option->keyword != nullptr; ++option) {
    if (option->val != nullptr) values[option->keyword] = option->val;
  }
  if (values.contains("sslmode")) CheckSslMode("source", values["sslmode"]);
  return values;
}

}  // namespace

Endpoint::Endpoint(const Options& options)
    : PostgresLogin(Parsed(options.source_url),
                    {"transload source", "TRANSLOAD_SOURCE_PASSWORD", options.connect_timeout_ms,
                     options.stall_timeout_ms}),
      connect_timeout_ms(options.connect_timeout_ms),
      stall_timeout_ms(options.stall_timeout_ms),
      lock_timeout_ms(options.lock_timeout_ms),
      display_url_(Redacted(options.source_url)) {}

std::string PinSql(const Endpoint& endpoint) {
  auto settings = CommonSettings(endpoint.lock_timeout_ms);
  settings.emplace_back("lc_monetary", "C");
  settings.emplace_back("xmloption", "content");
  settings.emplace_back("default_transaction_read_only", "on");
  settings.emplace_back("synchronize_seqscans", "off");
  settings.emplace_back("jit", "off");  // a large catalogue is read sooner than compiled for
  std::string wanted;
  for (const auto& [name, value] : settings) {
    wanted +=
        fmt::format("{}({},{})", wanted.empty() ? "" : ",", QuoteText(name), QuoteText(value));
  }
  // Bytes of a database without an encoding arrive as they are: asked for UTF-8, the server would
  // refuse the first that is not, without the row it stands in.
  return "select pg_catalog.set_config(name, case when name = 'client_encoding' and "
         "current_setting('server_encoding') = 'SQL_ASCII' then 'SQL_ASCII' else value end, "
         "false) from (values " +
         wanted + ") as w(name, value) where pg_catalog.current_setting(name, true) is not null";
}

}  // namespace transload::postgres
