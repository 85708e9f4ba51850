# Every library transload stands on, as an imported target. All are Debian packages; the list of
# packages is scripts/packages.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(TBB REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)

pkg_check_modules(pqxx REQUIRED IMPORTED_TARGET libpqxx)
pkg_check_modules(pq REQUIRED IMPORTED_TARGET libpq)
pkg_check_modules(mariadb REQUIRED IMPORTED_TARGET libmariadb)
pkg_check_modules(sqlite REQUIRED IMPORTED_TARGET sqlite3)
pkg_check_modules(odbc REQUIRED IMPORTED_TARGET odbc)
pkg_check_modules(zstd REQUIRED IMPORTED_TARGET libzstd)
pkg_check_modules(xxhash REQUIRED IMPORTED_TARGET libxxhash)

# toml++ is used header-only in mappings/ and cli/; Debian 12 ships no CMake package for it.
find_path(TOMLPLUSPLUS_INCLUDE toml++/toml.h REQUIRED)
add_library(tomlplusplus INTERFACE)
target_include_directories(tomlplusplus SYSTEM INTERFACE ${TOMLPLUSPLUS_INCLUDE})
target_compile_definitions(tomlplusplus INTERFACE TOML_EXCEPTIONS=1)
# Debian 12's 3.3.0 asserts what it is about to report as an error: "[=" ended a debug build. One
# definition for all, because the library is inline.
target_compile_options(tomlplusplus INTERFACE "-DTOML_ASSERT(expr)=static_assert(true)")

# MySQL Connector/C++ (the JDBC API).
find_path(MYSQLCPPCONN_INCLUDE cppconn/driver.h REQUIRED)
find_library(MYSQLCPPCONN_LIBRARY mysqlcppconn REQUIRED)
add_library(mysqlcppconn INTERFACE)
target_include_directories(mysqlcppconn SYSTEM INTERFACE ${MYSQLCPPCONN_INCLUDE})
target_link_libraries(mysqlcppconn INTERFACE ${MYSQLCPPCONN_LIBRARY})
