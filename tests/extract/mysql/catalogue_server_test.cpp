// What the adapter reads from the catalogues of the real servers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/extract/mysql/mysql_source_test.h"

namespace transload {
namespace {

using testing::HasSubstr;

class MySqlCatalogueTest : public MySqlSourceTest {
 protected:
  const SourceColumn& Column(const SourceTable& table, const std::string& name) {
    const SourceColumn* column = table.FindColumn(name);
    if (column == nullptr) throw std::runtime_error("no column " + name);
    return *column;
  }
  const SourceIndex& Index(const SourceTable& table, const std::string& name) {
    for (const SourceIndex& index : table.indexes) {
      if (index.name == name) return index;
    }
    throw std::runtime_error("no index " + name);
  }
  std::vector<std::string> NotMigratedKinds(const SourceCatalogue& catalogue) {
    std::vector<std::string> kinds;
    for (const NotMigrated& object : catalogue.not_migrated) {
      kinds.push_back(object.kind + (object.definition.empty() ? " without definition" : ""));
    }
    std::sort(kinds.begin(), kinds.end());
    return kinds;
  }
};

TEST_P(MySqlCatalogueTest, MarksLabelsThatMayHaveLostCharacters) {
  Execute(
      "create table t (id int primary key, e enum('a', x'6298') character set cp1251, s set('a', "
      "x'6298') character set cp1251, same enum('a') character set cp1251, whole enum('a?') "
      "character set utf8)");
  const std::unique_ptr<Source> source = Open();
  const SourceTable table = TableNamed(*source, "t");
  EXPECT_FALSE(Column(table, "e").select_expression.empty());
  EXPECT_FALSE(Column(table, "s").select_expression.empty());
  EXPECT_TRUE(Column(table, "same").select_expression.empty());
  EXPECT_TRUE(Column(table, "whole").select_expression.empty());
}

TEST_P(MySqlCatalogueTest, ReadsColumnsKeysAndComments) {
  Execute(
      "create table parent (a int, b int, primary key (a, b)) engine=InnoDB;"
      "create table t (id bigint unsigned auto_increment primary key comment 'the \\'key\\'',"
      " v varchar(10) not null default 'it''s', n varchar(9) default null,"
      " e enum('a,b','it''s','(x)') default 'a,b', ts timestamp(3) null default "
      "current_timestamp(3) on update current_timestamp(3), a int, b int, body text,"
      " unique key u (v(4)), key k (a, b), fulltext key f (body),"
      " constraint fk foreign key (a, b) references parent (a, b) on delete set null)"
      " engine=InnoDB auto_increment=77 comment='people; \"quoted\"'");
  std::unique_ptr<Source> source = Open();
  const SourceTable table = TableNamed(*source, "t");
  EXPECT_EQ(table.comment, "people; \"quoted\"");
  EXPECT_EQ(table.next_auto_value, "77");
  const SourceColumn& id = Column(table, "id");
  EXPECT_TRUE(id.auto_increment);
  EXPECT_TRUE(id.is_unsigned);
  EXPECT_FALSE(id.nullable);
  EXPECT_EQ(id.comment, "the 'key'");
  EXPECT_EQ(Column(table, "v").default_value->text, "it's");
  EXPECT_FALSE(Column(table, "v").default_value->is_expression);
  EXPECT_FALSE(Column(table, "n").default_value.has_value());
  EXPECT_EQ(Column(table, "e").labels, (std::vector<std::string>{"a,b", "it's", "(x)"}));
  EXPECT_TRUE(Column(table, "ts").default_value->is_expression);
  EXPECT_THAT(Column(table, "ts").on_update, HasSubstr("3"));
  EXPECT_EQ(Index(table, "u").kind, IndexKind::kUnique);
  EXPECT_EQ(Index(table, "u").parts[0].prefix_length, 4);
  EXPECT_EQ(Index(table, "f").kind, IndexKind::kFulltext);
  ASSERT_EQ(table.foreign_keys.size(), 1U);
  EXPECT_EQ(table.foreign_keys[0].columns, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(table.foreign_keys[0].on_delete, "SET NULL");
  EXPECT_EQ(table.foreign_keys[0].parent_table, "parent");
  EXPECT_EQ(table.PrimaryKey()->parts.size(), 1U);
}

TEST_P(MySqlCatalogueTest, ListsWhatIsNotCarriedOverWithItsDefinition) {
  Execute(
      "create table t (a int) engine=InnoDB; create view v as select a from t;"
      "create trigger tr before insert on t for each row set new.a = 1;"
      "create procedure p() select 1; create function fn() returns int deterministic return 1;"
      "create event ev on schedule every 1 day do select 1;"
      "create table parts (a int, primary key (a)) engine=InnoDB partition by range (a) (partition "
      "p0 values less than (10), partition p1 values less than maxvalue);"
      "create table m1 (a int) engine=MyISAM; create table mrg (a int) engine=MERGE union=(m1)");
  if (!mariadb()) Execute("create table hole (a int) engine=BLACKHOLE");  // a plugin there
  std::unique_ptr<Source> source = Open();
  const SourceCatalogue catalogue = source->ReadCatalogue();
  EXPECT_THAT(NotMigratedKinds(catalogue),
              testing::IsSupersetOf({"view", "trigger", "procedure", "function", "event"}));
  std::vector<std::string> tables;
  for (const SourceTable& table : catalogue.tables) tables.push_back(table.name);
  EXPECT_THAT(tables, testing::UnorderedElementsAre("t", "parts", "m1"));
  for (const SourceTable& table : catalogue.tables) {
    EXPECT_EQ(table.transactional, table.name != "m1");
    EXPECT_EQ(table.partitioning.empty(), table.name != "parts") << table.partitioning;
  }
  std::string listed;
  for (const NotMigrated& object : catalogue.not_migrated) {
    listed += object.kind + " " + object.name + ": " + object.reason + "\n";
  }
  EXPECT_THAT(listed, HasSubstr("mrg"));
  if (!mariadb()) {
    EXPECT_THAT(listed, HasSubstr("hole"));
  }
}

TEST_P(MySqlCatalogueTest, ReadsWhatOnlyNewerServersHave) {
  if (old()) {
    Execute("create table t (a int)");
    EXPECT_TRUE(TableNamed(*Open(), "t").checks.empty());
    return;
  }
  Execute(
      "create table t (a int check (a > 0), b int invisible default 5, j json, g int as (a + 1) "
      "stored, d varchar(40) default (concat('x', 'y')), key k (a desc))");
  std::unique_ptr<Source> source = Open();
  const SourceTable table = TableNamed(*source, "t");
  EXPECT_TRUE(Column(table, "b").invisible);
  EXPECT_TRUE(Column(table, "g").generated_stored);
  EXPECT_THAT(Column(table, "g").generation_expression, HasSubstr("+"));
  EXPECT_TRUE(Column(table, "d").default_value->is_expression);
  EXPECT_FALSE(table.checks.empty());
  EXPECT_TRUE(Column(table, "j").type == "json" || Column(table, "j").is_json_alias);
  EXPECT_TRUE(Index(table, "k").parts[0].descending);
}

TEST_P(MySqlCatalogueTest, ReadsDefaultsOfBytesWhole) {
  Execute(
      "create table t (id int primary key, a binary(3) default 'x', b varbinary(4) default "
      "0x00ff0001, c varbinary(4) default '', d varbinary(9) not null default '0x41', e "
      "varbinary(4), f binary(2) not null default 'y')");
  const SourceTable table = TableNamed(*Open(), "t");
  EXPECT_EQ(Column(table, "a").default_value->text, "X'780000'");
  EXPECT_EQ(Column(table, "b").default_value->text, "X'00FF0001'");
  EXPECT_EQ(Column(table, "c").default_value->text, "X''");
  EXPECT_EQ(Column(table, "d").default_value->text, "X'30783431'");
  EXPECT_FALSE(Column(table, "e").default_value.has_value());
  EXPECT_EQ(Column(table, "f").default_value->text, "X'7900'");
  Execute("alter table t alter b drop default, add g varbinary(2) not null default 0x00ff");
  Execute("insert into t (id, b) values (1, 0)");
  EXPECT_EQ(Column(TableNamed(*Open(), "t"), "g").default_value->text, "X'00FF'");
}

TEST_P(MySqlCatalogueTest, SaysWhichDefaultsOfBytesAreInDoubt) {
  Execute(
      "create table t (a varbinary(4) not null default 0x41ff42, b binary(3) not null default "
      "0x410042, c varbinary(9) not null default 'ä''\\\\\\n', d varbinary(4) default 0xff)");
  const std::vector<std::string> notes = Open()->ReadCatalogue().notes;
  const auto doubts = [&](const std::string& column) {
    return std::count_if(notes.begin(), notes.end(), [&](const std::string& note) {
      return note.find(".t." + column + " is shown") != std::string::npos;
    });
  };
  EXPECT_EQ(doubts("a"), GetParam() == "9" ? 0 : 1);
  for (const char* column : {"b", "c", "d"}) EXPECT_EQ(doubts(column), 0) << column;
}

TEST_P(MySqlCatalogueTest, ReadsDefaultsThatAnotherSessionSawOtherwise) {
  Execute(
      "set time_zone = '+05:30', sql_mode = 'PAD_CHAR_TO_FULL_LENGTH'; create table t (id int, ts "
      "timestamp null default '2020-01-01 00:00:00', c char(5) not null default 'a')");
  const SourceTable table = TableNamed(*Open(), "t");
  EXPECT_THAT(Column(table, "ts").default_value->text, HasSubstr("2019-12-31 18:30:00"));
  EXPECT_EQ(Column(table, "c").default_value->text, "a");
}

TEST_P(MySqlCatalogueTest, ReadsLettersBeyondAsciiInExpressions) {
  if (old()) return;  // it has no expressions
  Execute(
      "create table t (`ä` varchar(20), b varchar(20) default (concat('Ã„', '日')), c varchar(20) "
      "default 'Ã„', g varchar(40) as (concat(`ä`, 'é')), check (`ä` <> 'Ž日'))");
  const SourceTable table = TableNamed(*Open(), "t");
  EXPECT_EQ(Column(table, "b").default_value->text, "concat('Ã„','日')");
  EXPECT_EQ(Column(table, "c").default_value->text, "Ã„");
  EXPECT_EQ(Column(table, "g").generation_expression, "concat(`ä`,'é')");
  ASSERT_EQ(table.checks.size(), 1U);
  EXPECT_THAT(table.checks[0].expression, HasSubstr("`ä` <> 'Ž日'"));
  if (mariadb()) return;
  Execute("alter table t add key fe ((concat(`ä`, 'ß')))");
  EXPECT_EQ(Index(TableNamed(*Open(), "t"), "fe").parts[0].expression, "concat(`ä`,'ß')");
}

INSTANTIATE_TEST_SUITE_P(MariaDb, MySqlCatalogueTest, ::testing::Values("mariadb"));
INSTANTIATE_TEST_SUITE_P(Matrix, MySqlCatalogueTest, ::testing::Values("9", "5.6"));

}  // namespace
}  // namespace transload
