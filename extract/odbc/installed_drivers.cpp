#include "extract/odbc/installed_drivers.h"

#include <sqlext.h>

#include <algorithm>
#include <array>

#include "core/ascii.h"
#include "extract/odbc/driver_quirks.h"
#include "extract/odbc/handle.h"
#include "extract/odbc/wide_text.h"

namespace transload {
namespace odbc {
namespace {

using Buffer = std::array<SQLWCHAR, 2048>;

// Up to the first NUL.
std::string Text(const Buffer& buffer) {
  const auto end = std::find(buffer.begin(), buffer.end(), SQLWCHAR{0});
  return ToUtf8({reinterpret_cast<const char16_t*>(buffer.data()),
                 static_cast<std::size_t>(end - buffer.begin())});
}

// "Description=...\0Driver=libmaodbc.so\0\0"
std::string AttributeOf(const Buffer& buffer, SQLSMALLINT size, const std::string& name) {
  const std::size_t units =
      std::min(static_cast<std::size_t>(std::max<SQLSMALLINT>(size, 0)), buffer.size());
  std::u16string all(reinterpret_cast<const char16_t*>(buffer.data()), units);
  for (std::size_t at = 0; at < all.size();) {
    const std::size_t end = std::min(all.find(u'\0', at), all.size());
    const std::string attribute = ToUtf8(all.substr(at, end - at));
    if (LowerAscii(attribute).starts_with(name + "=")) return attribute.substr(name.size() + 1);
    at = end + 1;
  }
  return {};
}

}  // namespace
}  // namespace odbc

OdbcInstallation FindOdbcInstallation() {
  using odbc::Buffer;
  OdbcInstallation found;
  odbc::Environment environment;
  Buffer name{}, detail{};
  SQLSMALLINT name_size = 0, detail_size = 0;
  SQLUSMALLINT direction = SQL_FETCH_FIRST;
  while (SQL_SUCCEEDED(SQLDriversW(environment.get(), direction, name.data(),
                                   static_cast<SQLSMALLINT>(name.size()), &name_size, detail.data(),
                                   static_cast<SQLSMALLINT>(detail.size()), &detail_size))) {
    OdbcDriver& driver = found.drivers.emplace_back();
    driver.name = odbc::Text(name);
    driver.file = odbc::AttributeOf(detail, detail_size, "driver");
    const odbc::DriverQuirks& quirks = odbc::QuirksOf(driver.file);
    driver.known = quirks.name;
    driver.tried = quirks.tried;
    direction = SQL_FETCH_NEXT;
    name.fill(0);
    detail.fill(0);
  }
  direction = SQL_FETCH_FIRST;
  while (SQL_SUCCEEDED(SQLDataSourcesW(
      environment.get(), direction, name.data(), static_cast<SQLSMALLINT>(name.size()), &name_size,
      detail.data(), static_cast<SQLSMALLINT>(detail.size()), &detail_size))) {
    found.data_sources.push_back({odbc::Text(name), odbc::Text(detail)});
    direction = SQL_FETCH_NEXT;
    name.fill(0);
    detail.fill(0);
  }
  return found;
}

}  // namespace transload
