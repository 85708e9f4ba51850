#include "extract/mysql/server_load.h"

#include <algorithm>
#include <cstdlib>

#include "core/error.h"

namespace transload::mysql {
namespace {

// MySQL 8.4 knows only the new words, MariaDB and older servers only the old ones.
std::optional<std::uint64_t> ReadLag(SqlConnection& connection) {
  for (const char* sql : {"SHOW REPLICA STATUS", "SHOW SLAVE STATUS"}) {
    try {
      SqlResult status = connection.Query(sql);
      std::optional<std::uint64_t> most;
      for (std::size_t row = 0; row < status.rows.size(); ++row) {
        for (const char* column : {"Seconds_Behind_Source", "Seconds_Behind_Master"}) {
          SqlValue seconds = status.Value(row, column);
          // NULL while replication is stopped: nothing that resting could mend.
          if (!seconds) continue;
          const std::uint64_t lag = std::strtoull(seconds->c_str(), nullptr, 10);
          most = std::max(most.value_or(0), lag);
        }
      }
      return most;
    } catch (const Error& error) {
      if (error.connection_lost) throw;
    }
  }
  return std::nullopt;
}

}  // namespace

SourceLoad ReadLoad(SqlConnection& connection) {
  SourceLoad load;
  SqlResult status = connection.Query("SHOW GLOBAL STATUS LIKE 'Threads_running'");
  if (!status.rows.empty() && status.rows[0].size() > 1) {
    load.running = std::strtoull(status.rows[0][1].value_or("0").c_str(), nullptr, 10);
    if (load.running > 0) --load.running;  // the question itself
  }
  load.lag_seconds = ReadLag(connection);
  return load;
}

}  // namespace transload::mysql
