// Tables, keys, names and what goes with them. The numbers are those of the adversarial cases.
#include "mappings/planner.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "core/error.h"
#include "mappings/names.h"
#include "tests/mappings/plan_fixture.h"

namespace transload {
namespace {

SourceColumn AutoId(const std::string& type, const std::string& full_type) {
  SourceColumn id = NotNull(Column("id", type, full_type));
  id.auto_increment = true;
  return id;
}

MigrationPlan PlanAuto(const std::string& type, const std::string& full_type,
                       const std::string& next, const std::string& maximum) {
  SourceTable table = Table("t", {AutoId(type, full_type)}, {Primary({"id"})});
  table.next_auto_value = next;
  Shop shop({table});
  shop.facts = {Range("t", "id", maximum.empty() ? "" : "1", maximum)};
  return shop.Plan();
}

TEST(Planner, IdentityKeepsTheSourcesNextValue) {  // 5, 6, 7, 8, 9, 10
  MigrationPlan plan = PlanAuto("bigint", "bigint unsigned", "1000", "");
  EXPECT_EQ(plan.tables[0].columns[0].type.Sql(), "bigint");
  EXPECT_TRUE(plan.tables[0].columns[0].identity);
  EXPECT_EQ(plan.tables[0].next_auto_value, "1000");
  EXPECT_EQ(PlanAuto("int", "int", "1", "").tables[0].next_auto_value, "1");

  plan = PlanAuto("tinyint", "tinyint unsigned", "256", "255");
  EXPECT_EQ(plan.tables[0].columns[0].type.Sql(), "smallint");
  EXPECT_TRUE(plan.tables[0].columns[0].identity);
  EXPECT_FALSE(Mentions(plan.hazards, "exhausted"));

  plan = PlanAuto("int", "int", "2147483648", "2147483647");
  EXPECT_TRUE(plan.tables[0].columns[0].identity);
  EXPECT_TRUE(Mentions(plan.hazards, "shop.t.id: the identity is exhausted"));

  plan = PlanAuto("bigint", "bigint unsigned", "18446744073709551615", "18446744073709551614");
  EXPECT_EQ(plan.tables[0].columns[0].type.Sql(), "numeric(20,0)");
  EXPECT_FALSE(plan.tables[0].columns[0].identity);
  EXPECT_TRUE(plan.tables[0].indexes[0].primary);
  EXPECT_TRUE(Mentions(plan.hazards, "AUTO_INCREMENT is lost"));
}

TEST(Planner, AnIdentitysSequenceLeavesOthersTheirNames) {
  SourceTable orders = Table("orders", {AutoId("int", "int")}, {Primary({"id"})});
  SourceTable numbers = Table("orders_id_seq", {AutoId("int", "int")}, {Primary({"id"})});
  MigrationPlan plan = Shop({orders, numbers}).Plan();
  EXPECT_EQ(plan.tables[0].columns[0].identity_sequence, "orders_id_seq_2");
  EXPECT_EQ(plan.tables[1].name, "orders_id_seq");
  EXPECT_EQ(plan.tables[1].columns[0].identity_sequence, "");
}

TEST(Planner, ForeignKeysGetOneTypeAtBothEnds) {  // 14, 68
  SourceTable parent = Table("p", {NotNull(Column("id", "tinyint"))}, {Primary({"id"})});
  SourceTable child = Table("c", {Sized("flag", "tinyint", 1)});
  child.foreign_keys = {References("fk", "flag", "p", "id")};
  Shop shop({child, parent});
  shop.facts = {Range("c", "flag", "0", "1"), Range("p", "id", "0", "1")};
  MigrationPlan plan = shop.Plan();
  EXPECT_EQ(plan.tables[0].columns[0].type.Sql(), "smallint");
  EXPECT_EQ(plan.tables[0].foreign_keys.size(), 1U);

  SourceTable big =
      Table("p", {NotNull(Column("id", "bigint", "bigint unsigned"))}, {Primary({"id"})});
  SourceTable small = Table("c", {Column("ref", "bigint", "bigint unsigned")});
  small.foreign_keys = {References("fk", "ref", "p", "id")};
  Shop pair({small, big});
  pair.facts = {Range("c", "ref", "1", "5"), Range("p", "id", "1", "18446744073709551615")};
  plan = pair.Plan();
  EXPECT_EQ(plan.tables[0].columns[0].type.Sql(), "numeric(20,0)");
  EXPECT_EQ(plan.tables[1].columns[0].type.Sql(), "numeric(20,0)");
}

TEST(Planner, RefusesAWayOfReadingThatTheTypeHasNoUseFor) {
  SourceTable table = Table("t", {Sized("u", "binary", 16), Text("v", 20)});
  Shop shop({table});
  shop.options.tables["t"].columns["u"].decode = "uuid_swapped";
  EXPECT_TRUE(Mentions(shop.Plan().refusals, "decode = uuid_swapped makes a uuid"));
  shop.options.tables["t"].columns["u"].type = "uuid";
  shop.options.tables["t"].columns["v"].decode = "latin1_is_utf8";
  EXPECT_TRUE(shop.Plan().refusals.empty());
  shop.options.tables["t"].columns["v"].type = "bytea";
  EXPECT_TRUE(Mentions(shop.Plan().refusals, "decode = latin1_is_utf8 makes a text"));
}

TEST(Planner, AMapOfOneEndMovesTheOther) {
  SourceTable parent = Table("p", {NotNull(Column("id", "int"))}, {Primary({"id"})});
  SourceTable child = Table("c", {Column("ref", "int")});
  child.foreign_keys = {References("fk", "ref", "p", "id")};
  Shop shop({parent, child});
  shop.options.maps = {{"", "p.id", "bigint", "", "--map"}};
  EXPECT_EQ(shop.Plan().tables[1].columns[0].type.Sql(), "bigint");
  shop.options.maps.push_back({"", "c.ref", "numeric(20)", "", "--map"});
  EXPECT_THROW(shop.Plan(), Error);
}

TEST(Planner, AForeignKeyThatCanNotBeIsListedWithItsReason) {  // 69
  SourceTable parent =
      Table("p", {NotNull(Column("id", "int")), Column("code", "int")}, {Primary({"id"})});
  SourceTable child = Table("c", {Column("ref", "int"), Column("code", "int")});
  child.foreign_keys = {References("fk_code", "code", "p", "code"),
                        References("fk_gone", "ref", "elsewhere", "id")};
  const MigrationPlan plan = Shop({parent, child}).Plan();
  EXPECT_TRUE(plan.tables[1].foreign_keys.empty());
  ASSERT_NE(FindSkipped(plan, "foreign key", "shop.c.fk_code"), nullptr);
  EXPECT_NE(FindSkipped(plan, "foreign key", "shop.c.fk_code")->reason.find("no primary or unique"),
            std::string::npos);
  EXPECT_NE(FindSkipped(plan, "foreign key", "shop.c.fk_gone"), nullptr);
}

TEST(Planner, CyclesAndSelfReferencesStand) {  // 71
  SourceTable a =
      Table("a", {NotNull(Column("id", "int")), Column("b_id", "int")}, {Primary({"id"})});
  a.foreign_keys = {References("fk_b", "b_id", "b", "id"), References("fk_self", "id", "a", "id")};
  a.foreign_keys[0].on_delete = "SET NULL";
  SourceTable b =
      Table("b", {NotNull(Column("id", "int")), Column("a_id", "int")}, {Primary({"id"})});
  b.foreign_keys = {References("fk_a", "a_id", "a", "id")};
  const MigrationPlan plan = Shop({a, b}).Plan();
  EXPECT_EQ(plan.tables[0].foreign_keys.size(), 2U);
  EXPECT_EQ(plan.tables[0].foreign_keys[0].on_delete, "SET NULL");
  EXPECT_EQ(plan.tables[1].foreign_keys.size(), 1U);
}

TEST(Planner, ZeroDatesLeaveNotNullForLaterSaveInKeys) {  // 20, 21
  MigrationPlan plan = Shop({Table("t", {NotNull(Column("d", "date"))})}).Plan();
  EXPECT_TRUE(plan.tables[0].columns[0].not_null_yields);
  EXPECT_FALSE(plan.tables[0].columns[0].never_null);
  plan = Shop({Table("t", {NotNull(Column("d", "date"))}, {Primary({"d"})})}).Plan();
  EXPECT_FALSE(plan.tables[0].columns[0].not_null_yields);
  EXPECT_TRUE(plan.tables[0].columns[0].never_null);
  EXPECT_EQ(plan.tables[0].columns[0].policies.zero_date, ZeroDate::kError);
  Shop shop({Table("t", {NotNull(Column("d", "date"))}, {Primary({"d"})})});
  SetPolicy(shop.options.policies, "zero_date", "neg_infinity");
  EXPECT_EQ(shop.PlanColumn().policies.zero_date, ZeroDate::kNegInfinity);
}

TEST(Planner, EnumsSetsAndEmptyTypesGetTypesAndChecks) {  // 32, 33, 34, 42
  MigrationPlan plan =
      Shop({Table("t", {Labelled("e", "enum", {"", "a,b", "it's"}),
                        Labelled("s", "set", {"x", "q'q"}), Sized("z", "char", 0)})})
          .Plan();
  const TablePlan& table = plan.tables[0];
  ASSERT_EQ(table.types.size(), 1U);
  EXPECT_EQ(table.types[0].name, "t_e");
  EXPECT_EQ(table.columns[0].type.Sql(), "\"public\".\"t_e\"");
  ASSERT_EQ(table.checks.size(), 2U);
  EXPECT_EQ(table.checks[0].expression_sql, "(\"s\" <@ ARRAY['x', 'q''q']::text[])");
  EXPECT_EQ(table.checks[1].expression_sql, "(\"z\" = '')");

  plan = Shop({Table("t", {Labelled("e", "enum", {"a", std::string(64, 'x')}),
                           Labelled("f", "enum", {"a", "A"})})})
             .Plan();
  EXPECT_EQ(plan.tables[0].columns[0].type.Sql(), "text");
  EXPECT_EQ(plan.tables[0].columns[1].type.kind, PgKind::kEnum);
  EXPECT_EQ(plan.tables[0].checks.size(), 1U);
}

TEST(Planner, IndexesOfEveryKind) {  // 61
  SourceTable table = Table(
      "t", {NotNull(Column("id", "int")), Text("name", 100), Text("mail", 50, "utf8mb4_general_ci"),
            Column("j", "json"), Column("g", "point"), Column("b", "blob")});
  SourceIndex prefix = Index("u_prefix", IndexKind::kUnique, {"name"});
  prefix.parts[0].prefix_length = 10;
  SourceIndex bytes = Index("i_bytes", IndexKind::kUnique, {"b"});
  bytes.parts[0].prefix_length = 8;
  SourceIndex descending = Index("i_desc", IndexKind::kPlain, {"id", "name"});
  descending.parts[0].descending = true;
  SourceIndex hidden = Index("i_hidden", IndexKind::kPlain, {"id"});
  hidden.invisible = true;
  SourceIndex functional = Index("i_lower", IndexKind::kPlain, {""});
  functional.parts[0].expression = "lower(`name`)";
  table.indexes = {Primary({"id"}),
                   prefix,
                   bytes,
                   descending,
                   hidden,
                   functional,
                   Index("u_mail", IndexKind::kUnique, {"mail"}),
                   Index("i_json", IndexKind::kPlain, {"j"}),
                   Index("f_text", IndexKind::kFulltext, {"name", "mail"}),
                   Index("s_g", IndexKind::kSpatial, {"g"})};
  Shop shop({table});
  shop.extensions = {"postgis"};
  const MigrationPlan plan = shop.Plan();
  std::map<std::string, IndexPlan> made;
  for (const IndexPlan& index : plan.tables[0].indexes) made[index.source_name] = index;
  EXPECT_EQ(made["PRIMARY"].name, "t_pkey");
  EXPECT_TRUE(made["PRIMARY"].primary && made["PRIMARY"].constraint);
  EXPECT_EQ(made["u_prefix"].parts[0].sql, "(left(\"name\", 10))");
  EXPECT_FALSE(made["u_prefix"].constraint);
  EXPECT_EQ(made["i_bytes"].parts[0].sql, "(substring(\"b\" from 1 for 8))");
  EXPECT_TRUE(made["i_desc"].parts[0].descending);
  EXPECT_EQ(made["i_lower"].parts[0].sql, "(lower(\"name\"))");
  EXPECT_TRUE(made["u_mail"].constraint);
  EXPECT_EQ(made["f_text"].method, "gin");
  EXPECT_EQ(made["f_text"].parts[0].sql,
            "(to_tsvector('simple'::regconfig, COALESCE(\"name\", '') || ' ' || COALESCE(\"mail\", "
            "'')))");
  EXPECT_EQ(made["s_g"].method, "gist");
  EXPECT_NE(FindSkipped(plan, "index", "shop.t.i_hidden"), nullptr);
  EXPECT_EQ(made["i_json"].parts[0].sql, "\"j\"");  // jsonb has an order, json has none
  SetPolicy(shop.options.policies, "json_bad", "json_type");
  EXPECT_NE(FindSkipped(shop.Plan(), "index", "shop.t.i_json"), nullptr);
  EXPECT_TRUE(Mentions(plan.hazards, "shop.t.u_mail: unique without regard to case"));  // 72
}

TEST(Planner, NotesOfExpressionsAreReportedOnALineEach) {
  SourceTable table = Table("t", {Text("name", 100), Text("mail", 50, "utf8mb4_general_ci")});
  SourceIndex equal = Index("i_equal", IndexKind::kPlain, {""});
  equal.parts[0].expression = "`name` = 'x'";
  SourceIndex unique = Index("u_expr", IndexKind::kUnique, {""});
  unique.parts[0].expression = "concat(`mail`,'x')";
  SourceIndex exact = Index("u_exact", IndexKind::kUnique, {""});
  exact.parts[0].expression = "concat(`name`,'x')";
  table.indexes = {equal, unique, exact};
  table.checks = {{"ok", "`mail` = 'A'", true}};
  const MigrationPlan plan = Shop({table}).Plan();
  EXPECT_EQ(plan.tables[0].indexes.size(), 3U);
  EXPECT_TRUE(Mentions(plan.hazards, "shop.t.i_equal: (\"name\" = 'x'): blanks at the end count"));
  EXPECT_TRUE(Mentions(plan.hazards, "shop.t.u_expr: unique without regard to case"));
  EXPECT_FALSE(Mentions(plan.hazards, "u_exact"));
  EXPECT_EQ(std::count_if(plan.hazards.begin(), plan.hazards.end(),
                          [](const Hazard& hazard) { return hazard.where == "shop.t.ok"; }),
            1);
  EXPECT_TRUE(Mentions(plan.hazards, "which they do not in the source; compares in lower case"));
}

TEST(Planner, WideUniqueKeysAreMeasuredBeforeTheyFail) {  // 62, 63
  Shop shop(
      {Table("t", {Text("c", 768), Column("doc", "longtext")},
             {Index("u", IndexKind::kUnique, {"c"}), Index("f", IndexKind::kFulltext, {"doc"})})});
  EXPECT_EQ(RequestFacts(shop.Request()).scans, (std::vector<ScanRequest>{{"shop", "t", {"c"}}}));
  EXPECT_TRUE(Mentions(shop.Plan().hazards, "may be wider than the 2704 bytes"));
  EXPECT_NE(FindSkipped(shop.Plan(), "index", "shop.t.f"), nullptr);
  ColumnFacts facts = Range("t", "c", "", "");
  facts.rows = 5;
  facts.max_bytes = 3000;
  shop.facts = {facts};
  EXPECT_EQ(shop.Plan().tables[0].indexes[0].parts[0].sql, "(md5(\"c\"))");
  shop.facts[0].max_bytes = 900;
  EXPECT_EQ(shop.Plan().tables[0].indexes[0].parts[0].sql, "\"c\"");
}

TEST(Planner, NamesOfOneSchemaNeverClash) {  // 64
  SourceTable a = Table("a", {Column("x", "int")}, {Index("idx_name", IndexKind::kPlain, {"x"})});
  SourceTable b = Table("b", {Column("x", "int")}, {Index("idx_name", IndexKind::kPlain, {"x"})});
  SourceTable c = Table("a_idx_name_idx", {Labelled("e", "enum", {"v"})});
  const MigrationPlan plan = Shop({a, b, c}).Plan();
  EXPECT_EQ(plan.tables[0].indexes[0].name, "a_idx_name_idx_2");
  EXPECT_EQ(plan.tables[1].indexes[0].name, "b_idx_name_idx");
  EXPECT_EQ(plan.names.size(), 2U);
  EXPECT_EQ(plan.names[0].reason, "clashes with table shop.a_idx_name_idx");
}

TEST(Planner, TablesThatFoldToOneNameAreRefused) {  // 65
  const std::vector<SourceTable> tables = {Table("Foo", {Column("x", "int")}),
                                           Table("foo", {Column("x", "int")})};
  Shop shop(tables);
  EXPECT_TRUE(Mentions(shop.Plan().refusals, "table shop.Foo and table shop.foo"));
  shop.options.identifiers = Identifiers::kPreserve;
  EXPECT_TRUE(shop.Plan().refusals.empty());
}

TEST(Planner, LongAndImpossibleNamesChangeVisibly) {  // 66, 67
  std::string umlauts;
  for (int i = 0; i < 63; ++i) umlauts += "\xC3\xA4";
  Shop shop(
      {Table(std::string(64, 'n') + "1", {Column("x", "int")}),
       Table(std::string(64, 'n') + "2", {Column("x", "int")}),
       Table(umlauts + "a", {Column("xmin", "int"), Column("select", "int"), Column("a\"b", "int"),
                             Column("oid", "int"), Column("", "int")})});
  const MigrationPlan plan = shop.Plan();
  EXPECT_EQ(plan.tables[0].name.size(), 63U);
  EXPECT_NE(plan.tables[0].name, plan.tables[1].name);
  EXPECT_EQ(plan.tables[2].name.substr(0, 54), umlauts.substr(0, 54));
  EXPECT_EQ(plan.tables[2].columns[0].name, "xmin_");
  EXPECT_EQ(plan.tables[2].columns[1].name, "select");
  EXPECT_EQ(plan.tables[2].columns[2].name, "a\"b");
  EXPECT_EQ(plan.tables[2].columns[3].name, "oid");
  EXPECT_EQ(plan.tables[2].columns[4].name, "column_5");
  EXPECT_EQ(plan.names.size(), 4U);
  EXPECT_TRUE(plan.refusals.empty());
}

TEST(Planner, SnakeNames) {
  EXPECT_EQ(FoldName("orderItems", Identifiers::kSnake), "order_items");
  EXPECT_EQ(FoldName("HTTPServer", Identifiers::kSnake), "http_server");
  EXPECT_EQ(FoldName("Order Items", Identifiers::kSnake), "order_items");
  EXPECT_EQ(FoldName("line2Id", Identifiers::kSnake), "line2_id");
}

TEST(Planner, SelectionNamesWhatMatchesNothing) {
  Shop shop({Table("orders", {Column("x", "int")}),
             Table("audit_log", {Column("x", "int"), Column("y", "int")})});
  shop.options.include = {"shop.*"};
  shop.options.exclude = {"audit_?og"};
  EXPECT_EQ(shop.Plan().tables.size(), 1U);
  shop.options.exclude = {"nothing*"};
  EXPECT_THROW(shop.Plan(), Error);
  shop.options.exclude = {};
  shop.options.tables["audit_log"].exclude_columns = {"y"};
  shop.options.tables["audit_log"].rename = "audit";
  shop.options.tables["audit_log"].where = "x > 1";
  const MigrationPlan plan = shop.Plan();
  EXPECT_EQ(plan.tables[1].name, "audit");
  EXPECT_EQ(plan.tables[1].columns.size(), 1U);
  EXPECT_EQ(plan.tables[1].where, "x > 1");
  shop.options.tables["nope"] = {};
  EXPECT_THROW(shop.Plan(), Error);
}

TEST(Planner, OptionsOfOneColumnAreNotAnothersOfTheSameLetters) {
  Shop shop({Table("t", {Column("a", "int"), Column("A", "int"), Column("b", "int")})});
  shop.options.identifiers = Identifiers::kPreserve;
  shop.options.tables["t"].columns["A"].type = "numeric";
  shop.options.tables["t"].columns["B"].type = "text";
  MigrationPlan plan = shop.Plan();
  ASSERT_EQ(plan.tables[0].columns.size(), 3U);
  EXPECT_NE(plan.tables[0].columns[0].type.Sql(), "numeric");
  EXPECT_EQ(plan.tables[0].columns[1].type.Sql(), "numeric");
  EXPECT_EQ(plan.tables[0].columns[2].type.Sql(), "text");
  shop.options.tables["t"].exclude_columns = {"A"};
  plan = shop.Plan();
  ASSERT_EQ(plan.tables[0].columns.size(), 2U);
  EXPECT_EQ(plan.tables[0].columns[0].name, "a");
}

TEST(Planner, TouchTriggersForTimes) {  // 57
  SourceColumn updated = Column("u", "datetime", "datetime(3)");
  updated.precision = 3;
  updated.on_update = "current_timestamp(3)";
  const MigrationPlan plan =
      Shop({Table("t", {WithDefault(updated, "current_timestamp(3)", true)})}).Plan();
  EXPECT_EQ(plan.tables[0].columns[0].default_sql, "LOCALTIMESTAMP(3)");
  ASSERT_EQ(plan.tables[0].triggers.size(), 1U);
  EXPECT_EQ(plan.tables[0].triggers[0].now_sql, "LOCALTIMESTAMP(3)");
}

TEST(Planner, HazardsOfTables) {  // 18, 74, 75
  SourceColumn filled = Column("z", "int", "int(5) unsigned zerofill");
  filled.zerofill = true;
  SourceTable table = Table("t", {filled});
  table.transactional = false;
  table.engine = "MyISAM";
  table.partitioning = "PARTITION BY HASH (z)";
  for (int i = 0; i < 700; ++i) table.columns.push_back(Column("c" + std::to_string(i), "text"));
  const MigrationPlan plan = Shop({table}).Plan();
  EXPECT_EQ(plan.tables[0].columns[0].type.Sql(), "bigint");
  EXPECT_TRUE(Mentions(plan.hazards, "ZEROFILL"));
  EXPECT_TRUE(Mentions(plan.hazards, "engine MyISAM"));
  EXPECT_TRUE(Mentions(plan.hazards, "701 columns that may need 16920 bytes"));
  EXPECT_NE(FindSkipped(plan, "partitioning", "shop.t"), nullptr);
}

TEST(Planner, ReplanTakesTheSafeTypeAndWhatHangsOnIt) {
  SourceTable table = Table("t", {WithDefault(Sized("flag", "tinyint", 1), "1", false)});
  table.checks = {{"ok", "`flag` <> 0", true}};
  Shop shop({table});
  TablePlan plan = shop.Plan().tables[0];
  EXPECT_EQ(plan.columns[0].default_sql, "true");
  EXPECT_EQ(plan.checks.at(0).expression_sql, "(\"flag\" <> false)");
  const std::string text = Replan(plan, 0, "value 2 in row id=17", shop.Request());
  EXPECT_EQ(text, "shop.t.flag: boolean -> smallint because value 2 in row id=17");
  EXPECT_EQ(plan.columns[0].default_sql, "1");
  EXPECT_EQ(plan.checks.at(0).expression_sql, "(\"flag\" <> 0)");
  EXPECT_FALSE(plan.columns[0].safe_type);
  EXPECT_THROW(Replan(plan, 0, "again", shop.Request()), Error);
}

TEST(Planner, ListsWhatATableThatWasPlannedAgainDoesNotCarryOver) {
  SourceColumn span = WithDefault(Column("span", "time"), "25:00:00", false);
  SourceColumn mask = Column("mask", "bigint", "bigint unsigned");
  SourceTable table = Table("t", {span, WithDefault(mask, "5", false)});
  table.checks = {{"bits", "`mask` & 1", true}, {"weird", "weird(`mask`) > 1", true}};
  Shop shop({table});
  MigrationPlan plan = shop.Plan();
  EXPECT_NE(FindSkipped(plan, "default", "shop.t.span"), nullptr);
  EXPECT_EQ(FindSkipped(plan, "check", "shop.t.bits"), nullptr);
  EXPECT_FALSE(PlannedAgain(plan.tables[0]));
  Replan(plan.tables[0], 0, "25:00:00", shop.Request());
  Replan(plan.tables[0], 1, "18446744073709551615", shop.Request());
  EXPECT_TRUE(PlannedAgain(plan.tables[0]));
  ListAgain(plan.tables[0], shop.Request(), plan.not_migrated);
  EXPECT_EQ(plan.tables[0].columns[0].default_sql, "'25:00:00'");
  EXPECT_EQ(FindSkipped(plan, "default", "shop.t.span"), nullptr) << "an interval can have it";
  EXPECT_TRUE(plan.tables[0].checks.empty());
  EXPECT_NE(FindSkipped(plan, "check", "shop.t.bits"), nullptr) << "numeric has no &";
  EXPECT_NE(FindSkipped(plan, "check", "shop.t.weird"), nullptr);
  EXPECT_EQ(plan.not_migrated.size(), 2U) << "each is listed once";
}

TEST(Planner, ReplanKeepsTheSequenceOfADefault) {
  SourceTable table = Table(
      "t", {WithDefault(Column("n", "bigint", "bigint unsigned"), "nextval(`shop`.`sq`)", true)});
  Shop shop({table});
  shop.catalogue.sequences.emplace_back();
  shop.catalogue.sequences.back().schema = "shop";
  shop.catalogue.sequences.back().name = "sq";
  TablePlan plan = shop.Plan().tables[0];
  const std::string next = plan.columns[0].default_sql;
  EXPECT_TRUE(next.starts_with("nextval(")) << next;
  Replan(plan, 0, "18446744073709551615", shop.Request());
  EXPECT_EQ(plan.columns[0].default_sql, next);
}

TEST(Planner, RequestsKeysWhoseTypeDependsOnTheData) {
  SourceTable table = Table("t",
                            {NotNull(Column("id", "bigint", "bigint unsigned")),
                             Sized("flag", "tinyint", 1), Column("n", "int")},
                            {Primary({"id"})});
  Shop shop({table});
  FactRequests requests = RequestFacts(shop.Request());
  EXPECT_EQ(requests.probe_keys, (std::vector<FactRequest>{{"shop", "t", "id"}}));
  EXPECT_TRUE(requests.scans.empty());
  shop.options.prescan = Prescan::kAll;
  requests = RequestFacts(shop.Request());
  EXPECT_EQ(requests.scans, (std::vector<ScanRequest>{{"shop", "t", {"id", "flag"}}}));
}

// Many tables that all clash on one index name and refer to one parent: the work may grow with the
// tables, not with their square. Counted in registry steps would be an inside matter; a plan of ten
// thousand tables that takes minutes shows well enough, and equal plans prove the order stable.
TEST(Planner, TenThousandTablesKeepTheirOrder) {
  std::vector<SourceTable> tables = {Table("p", {NotNull(Column("id", "int"))}, {Primary({"id"})})};
  for (int i = 0; i < 10'000; ++i) {
    tables.push_back(Table("t" + std::to_string(i), {Column("ref", "int")},
                           {Index("idx", IndexKind::kPlain, {"ref"})}));
    tables.back().foreign_keys = {References("fk", "ref", "p", "id")};
  }
  const MigrationPlan plan = Shop(tables).Plan();
  ASSERT_EQ(plan.tables.size(), 10'001U);
  EXPECT_EQ(plan.tables[10'000].foreign_keys.size(), 1U);
  EXPECT_EQ(plan.tables[10'000].indexes[0].name, "t9999_idx");
}

TEST(Planner, APolicyThatMayMakeTwoKeysOneIsToldBeforehand) {
  Shop shop({Table("t", {NotNull(Column("d", "date"))}, {Primary({"d"})})});
  EXPECT_FALSE(Mentions(shop.Plan().hazards, "may make two keys one"));
  SetPolicy(shop.options.policies, "zero_date", "epoch:1970-01-01");
  EXPECT_TRUE(Mentions(shop.Plan().hazards, "shop.t.d: zero_date=epoch:1970-01-01 on a key"));
}

}  // namespace
}  // namespace transload
