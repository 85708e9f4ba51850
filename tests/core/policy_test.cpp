#include "core/policy.h"

#include <gtest/gtest.h>

#include "core/error.h"

namespace transload {
namespace {

TEST(Policies, DefaultsAreTheFirstWordOfEach) {
  Policies policies;
  for (const PolicyInfo& info : PolicyCatalogue()) {
    EXPECT_EQ(PolicyValue(policies, info.name), info.values.front()) << info.name;
  }
}

TEST(Policies, EveryValueIsSetAndReadBack) {
  for (const PolicyInfo& info : PolicyCatalogue()) {
    for (std::string value : info.values) {
      if (value == "epoch:…") value = "epoch:1970-01-01";
      if (value == "replace:…") value = "replace:U+2400";
      Policies policies;
      SetPolicy(policies, info.name, value);
      EXPECT_EQ(PolicyValue(policies, info.name), value);
    }
  }
}

TEST(Policies, RefusesUnknownNamesAndValuesAndSaysWhatThereIs) {
  Policies policies;
  try {
    SetPolicy(policies, "zero_date", "maybe");
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("neg_infinity"), std::string::npos);
    EXPECT_EQ(error.exit_code, ExitCode::kUsage);
  }
  EXPECT_THROW(SetPolicy(policies, "zero_dates", "null"), Error);
  EXPECT_THROW(SetPolicy(policies, "zero_date", "epoch:"), Error);
  EXPECT_THROW(SetPolicy(policies, "nul_byte", "replace:U+D800"), Error);
  EXPECT_THROW(SetPolicy(policies, "nul_byte", "replace:2400"), Error);
  EXPECT_THROW(SetPolicy(policies, "nul_byte", "replace:U+xyz"), Error);
}

TEST(Policies, ReplacementIsUtf8) {
  Policies policies;
  SetPolicy(policies, "nul_byte", "replace:U+2400");
  EXPECT_EQ(NulReplacementUtf8(policies), "\xE2\x90\x80");
}

}  // namespace
}  // namespace transload
