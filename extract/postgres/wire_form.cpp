#include "extract/postgres/wire_form.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace transload::postgres {
namespace {

constexpr std::array<std::string_view, 11> kNamesByNumber = {
    "regproc",      "regprocedure", "regoper",      "regoperator", "regclass",     "regtype",
    "regnamespace", "regrole",      "regcollation", "regconfig",   "regdictionary"};

constexpr std::array<std::string_view, 3> kOfThisCluster = {"xid", "cid", "tid"};

}  // namespace

CellFormat WireForm(const StoredType& type) {
  if (type.kind == 'c' || !type.has_binary) return CellFormat::kPgText;
  if (type.schema != "pg_catalog") return CellFormat::kPgBinary;
  const bool by_number =
      std::find(kNamesByNumber.begin(), kNamesByNumber.end(), type.name) != kNamesByNumber.end();
  return by_number ? CellFormat::kPgText : CellFormat::kPgBinary;
}

std::string WireNote(const StoredType& type) {
  if (type.schema != "pg_catalog") return "";
  if (std::find(kOfThisCluster.begin(), kOfThisCluster.end(), type.name) != kOfThisCluster.end()) {
    return "values are copied, but mean nothing in another cluster";
  }
  return "";
}

}  // namespace transload::postgres
