// Statements that are prepared when they come a second time, over both kinds of connections.
#include <gtest/gtest.h>

#include "core/error.h"
#include "load/data_connection.h"
#include "load/session.h"
#include "tests/load/target_fixture.h"

namespace transload {
namespace {

template <class Connection>
class ExecOften : public testing::Test {
 protected:
  std::string Text(const std::string& sql, const std::vector<SqlValue>& parameters) {
    return connection_.ExecOften(sql, parameters).Text(0, 0);
  }

  TargetFixture target_;
  Connection connection_{target_.options, "transload test"};
};

using Connections = testing::Types<Session, DataConnection>;
TYPED_TEST_SUITE(ExecOften, Connections);

constexpr const char* kAdd = "select $1::int + $2::int";
constexpr const char* kJoin = "select $1::text || 'b'";

TYPED_TEST(ExecOften, GivesTheSameEachTime) {
  for (int i = 0; i < 8; ++i) {
    EXPECT_EQ(this->Text(kAdd, {std::to_string(i), "1"}), std::to_string(i + 1));
    EXPECT_EQ(this->Text(kJoin, {"a" + std::to_string(i)}), "a" + std::to_string(i) + "b");
    EXPECT_TRUE(this->connection_.ExecOften(kJoin, {SqlValue()}).Null(0, 0));
  }
  EXPECT_EQ(this->connection_
                .Exec("select count(*) from pg_catalog.pg_prepared_statements where name like "
                      "'often%'")
                .Text(0, 0),
            "2");
}

TYPED_TEST(ExecOften, GoesOnAfterAStatementThatFailed) {
  const std::string divide = "select 6 / $1::int";
  EXPECT_THROW(this->Text(divide, {"0"}), Error);
  EXPECT_EQ(this->Text(divide, {"2"}), "3");
  EXPECT_THROW(this->Text(divide, {"0"}), Error);
  EXPECT_EQ(this->Text(divide, {"3"}), "2");
}

// What cannot be prepared now may be later.
TYPED_TEST(ExecOften, PreparesWhatWasNotThere) {
  const std::string sql = "select count(*) from pg_temp.late where id = $1::int";
  EXPECT_THROW(this->Text(sql, {"1"}), Error);
  EXPECT_THROW(this->Text(sql, {"1"}), Error);
  this->connection_.Exec("create temporary table late as select 1 as id");
  EXPECT_EQ(this->Text(sql, {"1"}), "1");
  EXPECT_EQ(this->Text(sql, {"2"}), "0");
  this->connection_.Exec("insert into pg_temp.late values (2)");
  EXPECT_EQ(this->Text(sql, {"2"}), "1");
}

// Before it is prepared, when it is to be, and when it has been.
TYPED_TEST(ExecOften, SaysThatTheConnectionWasLost) {
  for (int before = 0; before < 3; ++before) {
    TypeParam connection(this->target_.options, "transload test");
    for (int i = 0; i < before; ++i) connection.ExecOften(kAdd, {"1", "1"});
    this->target_.Sql("select pg_terminate_backend(" + std::to_string(connection.backend_pid()) +
                      ")");
    try {
      connection.ExecOften(kAdd, {"1", "1"});
      ADD_FAILURE() << "answered after " << before;
    } catch (const Error& error) {
      EXPECT_TRUE(error.connection_lost) << before << ": " << error.what();
      EXPECT_TRUE(error.retryable) << before;
    }
  }
}

TEST(ExecOftenInLane, OutlivesARolledBackTransaction) {
  TargetFixture target;
  DataConnection connection(target.options, "transload test");
  connection.Exec("begin");
  EXPECT_EQ(connection.ExecOften(kAdd, {"1", "1"}).Text(0, 0), "2");
  EXPECT_EQ(connection.ExecOften(kAdd, {"1", "2"}).Text(0, 0), "3");
  connection.RollBack();
  EXPECT_EQ(connection.ExecOften(kAdd, {"1", "3"}).Text(0, 0), "4");
}

}  // namespace
}  // namespace transload
