#include "pipeline/drivers_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "core/error.h"

namespace transload {
namespace {

using testing::HasSubstr;

TEST(DriversCommand, TellsWhatEachDriverWasTriedWith) {
  OdbcInstallation found;
  found.drivers = {{"Some Driver", "libsome.so", "some", "Some Server 3"},
                   {"Other Driver", "libother.so", "", "nothing yet"}};
  found.data_sources = {{"shop", "Some Driver"}};
  const std::string text = DriversText(found);
  EXPECT_THAT(text,
              HasSubstr("Some Driver\n      file   libsome.so\n      known  some\n      tried  "
                        "Some Server 3\n"));
  EXPECT_THAT(text, HasSubstr("known  no\n"));
  EXPECT_THAT(text, HasSubstr("shop"));
  const auto json = nlohmann::json::parse(DriversJson(found));
  EXPECT_EQ(json["drivers"][1]["name"], "Other Driver");
  EXPECT_EQ(json["data_sources"][0]["driver"], "Some Driver");
}

TEST(DriversCommand, NamesPackagesWhereThereIsNone) {
  EXPECT_THAT(DriversText({}), HasSubstr("odbc-mariadb"));
}

TEST(DriversCommand, ListsThisMachinesAndRefusesOtherWords) {
  EXPECT_TRUE(nlohmann::json::accept(HandleDrivers({"--format", "json"})));
  EXPECT_THAT(HandleDrivers({"--help"}), HasSubstr("docs/odbc.md"));
  EXPECT_THROW(HandleDrivers({"--format", "xml"}), Error);
  EXPECT_THROW(HandleDrivers({"everything"}), Error);
}

}  // namespace
}  // namespace transload
