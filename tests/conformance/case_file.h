// A conformance case: what to make in the source, how to run, what must be in the target.
//
//   title: FLOAT keeps every digit of its value
//   section10: 1, 2                    the cases of the type specification that it covers
//   engines: mysql mariadb             which sources it runs against; "mysql" is 5.6 and 9.x,
//                                      "mysql9" only the latter; "odbc-mariadb",
//                                      "odbc-postgres" and "odbc-sqlite" go through Debian's
//                                      drivers, with the "source mariadb:" and so on of their
//                                      server; "mssql" runs where a server is named; "postgres"
//                                      is 12, 14 and 15
//   source:                            statements, for every engine, or "source mariadb:" for one
//     create table t (a float);
//   target:                            statements for the target, before the run
//     create extension postgis;
//   run: --policy zero_date=null       further arguments
//   config:                            a configuration file, given with -c
//     [policy]
//   exit: 0
//   query: select a::text from t       and then the rows as PostgreSQL prints them: '|' between
//     16777216                         columns, \N for NULL
//   error: regular expression          what stderr must hold
//   report: regular expression         what report.json must hold
//
// Indented lines belong to the key before them, with two blanks of indentation removed. Lines that
// begin with '#' are comments. scripts/conformance-matrix reads these files too, for
// docs/conformance.md.
#ifndef TRANSLOAD_TESTS_CONFORMANCE_CASE_FILE_H_
#define TRANSLOAD_TESTS_CONFORMANCE_CASE_FILE_H_

#include <map>
#include <string>
#include <vector>

namespace transload {

struct CaseQuery {
  std::string sql;
  std::string expected;  // lines, each ended by a newline
};

struct ConformanceCase {
  std::string name;  // of the file, without folder and ending
  std::string title;
  std::vector<int> section10;
  std::vector<std::string> engines;
  std::map<std::string, std::string> sources;  // by engine; "" for all
  std::string target;
  std::string config;
  std::vector<std::string> arguments;
  int exit_code = 0;
  std::vector<CaseQuery> queries;
  std::vector<std::string> errors;
  std::vector<std::string> reports;

  bool RunsOn(const std::string& engine) const;
  std::string SourceFor(const std::string& engine) const;
};

// Throws std::runtime_error that names file and line.
ConformanceCase ReadCase(const std::string& path);
// All *.case files of a folder, by name.
std::vector<ConformanceCase> ReadCases(const std::string& folder);

}  // namespace transload

#endif  // TRANSLOAD_TESTS_CONFORMANCE_CASE_FILE_H_
