#include "extract/odbc/diagnostics.h"

#include <gtest/gtest.h>

namespace transload::odbc {
namespace {

TEST(OdbcDiagnostics, EveryRecordStandsInTheError) {
  const Error error = StatementError({{"01004", 0, "cut"}, {"08S01", 2013, "lost"}}, "reading");
  EXPECT_STREQ(error.what(),
               "source: cut (SQLSTATE 01004, 0); lost (SQLSTATE 08S01, 2013) while reading");
  EXPECT_EQ(error.code, "01004");
}

TEST(OdbcDiagnostics, SendsTablesWithAnApplicationsCollationToTheNativeAdapter) {
  const Error error = StatementError({{"HY000", 1, "no query solution (1)"}}, "reading");
  EXPECT_NE(std::string(error.what()).find("without ODBC (sqlite:)"), std::string::npos);
}

TEST(OdbcDiagnostics, StatesTellWhetherToTryAgain) {
  struct Case {
    Diagnostic record;
    bool lost, retryable;
  };
  const Case cases[] = {
      {{"08S01", 0, ""}, true, true},     {{"08003", 0, ""}, true, true},
      {{"57P01", 0, ""}, true, true},     {{"HY000", 2006, ""}, true, true},
      {{"HY000", 20017, ""}, true, true}, {{"HY008", 0, ""}, false, true},
      {{"40001", 1205, ""}, false, true}, {{"HYT00", 0, ""}, false, true},
      {{"HY018", 1317, ""}, false, true}, {{"42S02", 0, ""}, false, false},
      {{"22001", 0, ""}, false, false},
  };
  for (const Case& c : cases) {
    const Error error = StatementError({c.record}, "x");
    EXPECT_EQ(error.connection_lost, c.lost) << c.record.state;
    EXPECT_EQ(error.retryable, c.retryable) << c.record.state;
  }
}

TEST(OdbcDiagnostics, ADriverWithoutRecordsIsSaidSo) {
  EXPECT_STREQ(StatementError({}, "reading").what(),
               "source: the driver gave no reason while reading");
}

}  // namespace
}  // namespace transload::odbc
