#include "extract/mysql/binlog_position.h"

#include <gtest/gtest.h>

#include <map>

namespace transload::mysql {
namespace {

// A server with a binary log and no replication, and more variables by their names.
class LoggingServer : public SqlConnection {
 public:
  explicit LoggingServer(std::map<std::string, std::string> variables)
      : variables_(std::move(variables)) {}

  SqlResult Query(const std::string& sql) override {
    if (sql == "SHOW MASTER STATUS") {
      return {{"File", "Position", "Binlog_Do_DB", "Binlog_Ignore_DB"},
              {},
              {{"binlog.000001", "330", "", ""}}};
    }
    SqlResult rows;
    for (const auto& [name, value] : variables_) {
      if (sql.find("'" + name + "'") != std::string::npos) rows.rows.push_back({name, value});
    }
    return rows;
  }
  std::uint64_t id() const override { return 1; }

 private:
  std::map<std::string, std::string> variables_;
};

std::string WhyNot(const std::string& version, std::map<std::string, std::string> variables) {
  LoggingServer server(std::move(variables));
  return WhyLogIsNoProof(server, ServerVersion::Parse(version));
}

TEST(MySqlPosition, AnOldClusterNodeThatDoesNotLogItsClusterProvesNothing) {
  const std::string hidden = "the binary log does not hold what the server replicates";
  for (const char* old : {"10.3.27-MariaDB", "10.5.8-MariaDB-log", "5.6.51-91.0-56"}) {
    SCOPED_TRACE(old);
    EXPECT_EQ(WhyNot(old, {{"wsrep_on", "ON"}, {"log_slave_updates", "OFF"}}), hidden);
    EXPECT_EQ(WhyNot(old, {{"wsrep_on", "ON"}, {"log_slave_updates", "ON"}}), "");
    EXPECT_EQ(WhyNot(old, {{"wsrep_on", "OFF"}, {"log_slave_updates", "OFF"}}), "");
  }
  EXPECT_EQ(WhyNot("10.11.19-MariaDB", {{"wsrep_on", "ON"}, {"log_slave_updates", "OFF"}}), "");
}

}  // namespace
}  // namespace transload::mysql
