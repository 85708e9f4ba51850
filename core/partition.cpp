#include "core/partition.h"

namespace transload {
namespace {

std::string Joined(const std::vector<std::string>& parts) {
  if (parts.size() == 1) return parts.front();
  std::string joined = "(";
  for (const std::string& part : parts) {
    if (joined.size() > 1) joined += ", ";
    joined += part;
  }
  return joined + ")";
}

}  // namespace

std::string PartitionRange::Describe() const {
  std::string subject;
  switch (by) {
    case SplitBy::kNothing:
      return "whole table";
    case SplitBy::kKey:
      subject = Joined(columns);
      break;
    case SplitBy::kRowid:
      subject = "rowid";
      break;
    case SplitBy::kBlocks:
      subject = "block";
      break;
  }
  if (only_nulls) return subject + " is null";
  if (!lower && !upper) return "all of " + subject;
  std::string text;
  if (lower) text += subject + " >= " + Joined(*lower);
  if (lower && upper) text += " and ";
  if (upper) text += subject + " < " + Joined(*upper);
  return text;
}

}  // namespace transload
