#include "load/undo.h"

#include <gmock/gmock.h>

#include "load/schema_builder.h"
#include "tests/load/target_fixture.h"

namespace transload {
namespace {

TablePlan Plan() {
  TablePlan table;
  table.schema = "shop";
  table.name = "t";
  for (const char* name : {"id", "name"}) {
    ColumnPlan column;
    column.name = name;
    if (column.name == "id") column.type.kind = PgKind::kInt4;
    table.columns.push_back(column);
  }
  table.types = {{"shop", "mood", {"a"}}};
  table.triggers = {{"touch", "touch", "id", "1"}};
  return table;
}

// A run that made a schema and a table, and loaded one row.
void Migrate(const TargetFixture& target) {
  Ledger ledger = target.BeginRun();
  SchemaBuilder builder(target.options, "r1");
  TablePlan table = Plan();
  ASSERT_TRUE(builder.CreateSchema("shop").ok);
  ASSERT_TRUE(builder.CreateTable(table).ok);
  std::int64_t id =
      ledger.RecordTables("r1", {{"", "t", "shop", "t", [] { return "{}"; }, 1, 1}}).at(0);
  ledger.InsertPartitions("r1", {{id, {}, 1, false}});
  Claim claim = *ledger.TakePartition("r1", "a");
  PartitionWriter writer(target.options, 1);
  writer.Begin(claim, writer.DescribeTable("shop", "t"));
  WriteTuple(writer, 1, "x");
  ASSERT_EQ(writer.Finish(Outcome(1)), FinishResult::kCommitted);
  ASSERT_TRUE(builder.CreateTouchTrigger(table, table.triggers[0]).ok);
  ledger.SetRunState("r1", "done");
}

std::string Objects(const TargetFixture& target) {
  return target.Value(
      "select string_agg(x, E'\\n' order by x) from ("
      "select 'class ' || oid::regclass::text from pg_class where relnamespace::regnamespace::text "
      "not in ('transload', 'pg_toast') union all select 'type ' || oid::regtype::text from "
      "pg_type "
      "where typnamespace::regnamespace::text not in ('transload', 'pg_toast') union all "
      "select 'proc ' || oid::regprocedure::text from pg_proc union all "
      "select 'schema ' || nspname from pg_namespace where nspname <> 'transload') as o(x)");
}

TEST(Undo, LeavesTheTargetAsItWas) {
  TargetFixture target;
  target.Sql("create table mine (id int)");
  const std::string before = Objects(target);
  Migrate(target);
  EXPECT_NE(Objects(target), before);
  UndoResult result = Undo(target.options, false);
  EXPECT_TRUE(result.done) << testing::PrintToString(result.in_the_way);
  EXPECT_EQ(Objects(target), before);
  EXPECT_EQ(target.Value("select state from transload.run"), "undone");
}

TEST(Undo, NamesWhatStandsInTheWayAndDropsNothing) {
  TargetFixture target;
  Migrate(target);
  target.Sql("create view shop.v as select * from shop.t");
  const std::string before = Objects(target);
  for (bool force : {false, true}) {
    UndoResult result = Undo(target.options, force);
    EXPECT_FALSE(result.done);
    EXPECT_THAT(result.in_the_way, testing::Contains(testing::HasSubstr("shop.v")));
    EXPECT_EQ(Objects(target), before);
  }
}

TEST(Undo, RefusesWhenRowsChangedUnlessForced) {
  for (const char* change :
       {"update shop.t set name = 'y'", "delete from shop.t", "insert into shop.t values (2)"}) {
    TargetFixture target;
    Migrate(target);
    target.Sql(change);
    UndoResult refused = Undo(target.options, false);
    EXPECT_FALSE(refused.done) << change;
    EXPECT_THAT(refused.in_the_way, testing::ElementsAre(testing::HasSubstr("shop.t")));
    EXPECT_TRUE(Undo(target.options, true).done) << change;
  }
}

TEST(Undo, PutsForeignKeysBackThatTheRunDropped) {
  TargetFixture target;
  target.Sql(
      "create table p (id int primary key); create table c (id int references p on delete cascade);"
      "insert into p values (1); insert into c values (1)");
  Migrate(target);
  SchemaBuilder builder(target.options, "r1");
  TablePlan child;
  child.schema = "public";
  child.name = "c";
  for (const ObjectOutcome& outcome : builder.DropForeignKeys({&child})) EXPECT_TRUE(outcome.ok);
  const std::string keys =
      "select count(*) || coalesce(min(pg_get_constraintdef(oid)), '') from pg_constraint where "
      "contype = 'f' "
      "and convalidated and conrelid = 'c'::regclass";
  EXPECT_EQ(target.Value(keys), "0");
  UndoResult result = Undo(target.options, false);
  EXPECT_TRUE(result.done) << testing::PrintToString(result.in_the_way);
  EXPECT_EQ(target.Value(keys), "1FOREIGN KEY (id) REFERENCES p(id) ON DELETE CASCADE");
}

TEST(Undo, LeavesATableThatSomebodyMadeAnew) {
  TargetFixture target;
  Migrate(target);
  target.Sql("drop table shop.t; create table shop.t (id int); insert into shop.t values (1)");
  UndoResult result = Undo(target.options, false);
  EXPECT_FALSE(result.done);  // the schema cannot go while it holds the table
  EXPECT_EQ(target.Value("select count(*) from shop.t"), "1");
}

}  // namespace
}  // namespace transload
