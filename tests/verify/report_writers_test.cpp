#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "verify/report_files.h"
#include "verify/report_html.h"
#include "verify/report_json.h"
#include "verify/report_junit.h"
#include "verify/report_markdown.h"
#include "verify/report_outcome.h"
#include "verify/report_text.h"
#include "verify/report_timeline.h"

namespace transload {
namespace {

// A report with something in every part, and markup in every name and value.
Report Example() {
  Report r;
  r.run = {"r<1>", "run", "done", "2026-03-01T22:00:00Z", "2026-03-01T22:01:00Z", 60, 2};
  r.source.engine = "MariaDB";
  r.source.version = "10.11";
  r.source.display_url = "mysql://app:***@db1/shop";
  r.target = {"15.20", "shop", "public", "postgresql:///shop"};
  r.snapshot.position = {{"gtid", "0-1-5"}};
  r.snapshot.method = "flush tables with read lock";
  r.snapshot.proven = true;
  ReportTable good;
  good.name = "shop.<script>alert(1)</script>";
  good.target = "public.a|b";
  good.source_rows = 2'000'000;
  good.read = good.written = 2'000'000;
  good.coerced = 3;
  good.checksum = good.target_checksum = "00ff";
  good.verdict = Verdict::kMatch;
  good.seconds = 2;
  good.bytes = 390'000'000;
  good.columns = {{"d", "d", "datetime", "timestamp(0)", "mysql: datetime", ""}};
  ReportTable bad;
  bad.name = "shop.bad";
  bad.read = 10;
  bad.written = 9;
  bad.rejected = 1;
  bad.verdict = Verdict::kMismatch;
  bad.reason = "checksums differ";
  r.tables = {good, bad};
  r.objects = {{"foreign key", "fk_a", "a", "failed", "3 orphans", 0.1},
               {"index", "i", "a", "created", "", 1}};
  r.replans = {{"shop.a", "f", "boolean", "smallint", "value 2", 500}};
  r.retries = {{"shop.a", "id < <5>", 2, "lock timeout", 0.4}};
  r.coercions = {{"shop.a", "d", "zero_date=null", 3, {"0000-00-00"}}};
  r.rejects = {1, "100", "transload.reject", {{"shop.bad", "p1", "id=7", "t", "NUL byte"}}};
  r.not_migrated = {{"view", "shop.v", "views are not carried over", "create view"}};
  r.names = {{"table", "A", "a", "folded"}};
  r.differences = {{"shop.bad", "id=8", "note", "<b>x</b>", "y\x1b[31m", "value"}};
  r.checks = {{"revenue", "1", "2", Verdict::kMismatch}};
  r.hazards = {{"shop.a.f", "float"}};
  r.notes = {"2 tables are not transactional"};
  r.settings = {{"jobs", "2"}};
  r.versions = {{"transload", "0.1.0"}};
  r.timeline = {{"phases", "data", 0, 40, false}, {"lane 1", "a <1>", 1, 39.5, true}};
  r.outcome = Outcomes(FactsOf(r));
  return r;
}

void CheckRequired(const nlohmann::json& schema, const nlohmann::json& root,
                   const nlohmann::json& value, const std::string& at);

// The part of JSON Schema that the schema uses: $ref, type, required, properties, items, enum,
// additionalProperties.
void CheckRequired(const nlohmann::json& schema, const nlohmann::json& root,
                   const nlohmann::json& value, const std::string& at) {
  if (schema.contains("$ref")) {
    std::string ref = schema["$ref"].get<std::string>().substr(1);
    CheckRequired(root.at(nlohmann::json::json_pointer(ref)), root, value, at);
    return;
  }
  auto is = [&](const std::string& type) {
    return type == "object"    ? value.is_object()
           : type == "array"   ? value.is_array()
           : type == "string"  ? value.is_string()
           : type == "integer" ? value.is_number_integer()
           : type == "number"  ? value.is_number()
           : type == "boolean" ? value.is_boolean()
                               : value.is_null();
  };
  ASSERT_TRUE(schema.contains("type")) << at;
  bool matches = false;
  for (const auto& type :
       schema["type"].is_array() ? schema["type"] : nlohmann::json::array({schema["type"]})) {
    matches = matches || is(type.get<std::string>());
  }
  EXPECT_TRUE(matches) << at << " is " << value.type_name();
  if (schema.contains("enum")) {
    EXPECT_NE(std::find(schema["enum"].begin(), schema["enum"].end(), value), schema["enum"].end())
        << at << " " << value;
  }
  if (value.is_object()) {
    for (const auto& name : schema["required"]) {
      EXPECT_TRUE(value.contains(name.get<std::string>())) << at << " lacks " << name;
    }
    for (const auto& [name, field] : value.items()) {
      ASSERT_TRUE(schema["properties"].contains(name)) << at << "." << name << " is undocumented";
      CheckRequired(schema["properties"][name], root, field, at + "." + name);
    }
  }
  if (value.is_array()) {
    for (const auto& element : value) CheckRequired(schema["items"], root, element, at + "[]");
  }
}

TEST(ReportJson, KeepsToItsSchema) {
  std::ifstream file(std::string(TRANSLOAD_SOURCE_DIR) + "/docs/report.schema.json");
  auto schema = nlohmann::json::parse(file);
  CheckRequired(schema, schema, nlohmann::json::parse(ReportJson(Example())), "report");
  CheckRequired(schema, schema, nlohmann::json::parse(ReportJson(Report{})), "empty report");
}

TEST(ReportJson, HoldsOutcomesInOrderAndTablesWithVerdicts) {
  auto json = nlohmann::json::parse(ReportJson(Example()));
  EXPECT_EQ(json["version"], 1);
  EXPECT_EQ(json["outcome"][0]["code"], 6);
  EXPECT_EQ(json["tables"][0]["verdict"], "match");
  EXPECT_EQ(json["tables"][1]["source_rows"], nullptr);
  EXPECT_EQ(json["rejects"]["total"], 1);
}

TEST(ReportJson, ShowsIllFormedTextRatherThanFailing) {
  Report report;
  report.notes = {"\xff\xfe"};
  EXPECT_TRUE(nlohmann::json::accept(ReportJson(report)));
}

TEST(ReportHtml, EscapesEverythingAndAsksForNothing) {
  std::string html = ReportHtml(Example());
  EXPECT_EQ(html.find("<script"), std::string::npos);
  EXPECT_EQ(html.find("<b>x</b>"), std::string::npos);
  EXPECT_EQ(html.find('\x1b'), std::string::npos);
  EXPECT_NE(html.find("&lt;script&gt;alert(1)"), std::string::npos);
  EXPECT_EQ(html.find("http://"), std::string::npos);
  EXPECT_EQ(html.find("https://"), std::string::npos);
  EXPECT_NE(html.find("default-src 'none'"), std::string::npos);
  EXPECT_NE(html.find("prefers-color-scheme: dark"), std::string::npos);
  for (const char* part :
       {"Differences", "Objects that could not be created", "Rejected rows", "zero_date=null",
        "Timeline", "Not migrated", "Names changed", "Settings", "Versions", "0-1-5"}) {
    EXPECT_NE(html.find(part), std::string::npos) << part;
  }
  // The verdict stands before everything else.
  EXPECT_LT(html.find("verification found a difference"), html.find("Tables</h2>"));
}

TEST(ReportTimeline, ShowsPhasesThenLanesByNumberThenTheRest) {
  const std::string svg = TimelineSvg({{"index 1", "i", 1, 2, false},
                                       {"lane 10", "t", 0, 1, false},
                                       {"lane 9", "t", 0, 1, false},
                                       {"phases", "data", 0, 3, false}});
  std::vector<std::size_t> places;
  for (const char* lane : {">phases<", ">lane 9<", ">lane 10<", ">index 1<"}) {
    places.push_back(svg.find(lane));
    EXPECT_NE(places.back(), std::string::npos) << lane;
  }
  EXPECT_TRUE(std::is_sorted(places.begin(), places.end()));
}

TEST(ReportTimeline, KeepsSpansInsideThePicture) {
  EXPECT_EQ(TimelineSvg({}), "");
  std::string svg = TimelineSvg({{"a", "x", -5, 0, false}, {"b", "y", 3, 1, false}});
  EXPECT_EQ(svg.find("width=\"-"), std::string::npos);
  EXPECT_EQ(svg.find("nan"), std::string::npos);
}

TEST(ReportText, NamesTablesProblemsAndEndsWithTheVerdict) {
  std::string text = ReportText(Example());
  EXPECT_NE(text.find("mismatch: checksums differ"), std::string::npos);
  EXPECT_NE(text.find("fk_a: 3 orphans"), std::string::npos);
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_NE(text.rfind("3 values changed under a policy"), std::string::npos);
}

TEST(ReportText, CountsTheHazardsAndSaysWhereTheyStand) {
  EXPECT_NE(ReportText(Example()).find("\nhazards: 1, named by"), std::string::npos);
  EXPECT_NE(ReportMarkdown(Example()).find("| shop.a.f | float |"), std::string::npos);
  Report report = Example();
  report.hazards.clear();
  EXPECT_EQ((ReportText(report) + ReportMarkdown(report)).find("azards"), std::string::npos);
}

TEST(ReportText, SaysOfVerifyWhatStandsInTheTarget) {
  Report report = Example();
  report.run.command = "verify";
  const std::string text = ReportText(report);
  EXPECT_NE(text.find("in target"), std::string::npos) << text;
  EXPECT_NE(text.find("in the target"), std::string::npos) << text;
  EXPECT_EQ(text.find("written"), std::string::npos) << text;
}

TEST(ReportMarkdown, KeepsValuesInsideTheirCells) {
  std::string text = ReportMarkdown(Example());
  EXPECT_NE(text.find("a\\|b"), std::string::npos);
  EXPECT_EQ(text.find("<script"), std::string::npos);
}

TEST(ReportMarkdown, LetsNothingStrikeOutOrReachATerminal) {
  Report report = Example();
  report.differences = {{"t", "id=1", "c", "~~gone~~", "a\tb\nc\x1b[31m", "value"}};
  const std::string markdown = ReportMarkdown(report);
  EXPECT_NE(markdown.find("| \\~\\~gone\\~\\~ | a b c\\\\x1b\\[31m |"), std::string::npos)
      << markdown;
}

TEST(ReportJunit, CountsFailuresAndSkips) {
  Report report = Example();
  report.tables[0].verdict = Verdict::kNotVerified;
  std::string xml = ReportJunit(report);
  EXPECT_NE(xml.find("tests=\"5\" failures=\"4\" skipped=\"1\""), std::string::npos) << xml;
}

TEST(EscapeMarkup, ReplacesWhatMarkupCannotHold) {
  EXPECT_EQ(EscapeMarkup("<a href=\"x\">'&"), "&lt;a href=&quot;x&quot;&gt;&#39;&amp;");
  EXPECT_EQ(EscapeMarkup("é€😀"), "é€😀");
  EXPECT_EQ(EscapeMarkup(std::string("a\0b", 3)), "a\\x00b");
  EXPECT_EQ(EscapeMarkup("\xED\xA0\x80").find('\xED'), std::string::npos);
  EXPECT_EQ(EscapeMarkup("\xE2\x82"), "\\xe2\\x82");
  EXPECT_EQ(EscapeMarkup("\xEF\xBF\xBE").find("\xEF\xBF\xBE"), std::string::npos);  // U+FFFE
  // The direction of writing of what follows is not the name's to choose.
  EXPECT_EQ(EscapeMarkup("a\u202eb"), "a\\u202eb");
}

TEST(ReportFiles, AreForTheirOwnerOnlyAndReplaceOldOnes) {
  std::string folder = testing::TempDir() + "/transload-report/deep";
  std::filesystem::remove_all(testing::TempDir() + "/transload-report");
  PrepareReportFolder(folder);
  struct stat info = {};
  ASSERT_EQ(stat(folder.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0700u);
  WriteReportFiles(Example(), folder);
  WriteReportFiles(Example(), folder);
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    ++files;
    ASSERT_EQ(stat(entry.path().c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0600u) << entry.path();
    EXPECT_GT(entry.file_size(), 100u);
  }
  EXPECT_EQ(files, 4);
}

TEST(ReportFiles, AFolderThatCannotBeMadeIsAUsageError) {
  std::string file = testing::TempDir() + "/not-a-folder";
  WriteOwnerOnly(file, "x");
  try {
    PrepareReportFolder(file);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.exit_code, ExitCode::kUsage);
    EXPECT_NE(std::string(error.what()).find("not-a-folder"), std::string::npos);
  }
}

}  // namespace
}  // namespace transload
