#include "pipeline/archive_stage.h"

#include <algorithm>
#include <cctype>
#include <set>

namespace transload {

// What is no object of its own, or is moved as data.
bool IsNothing(const ArchiveEntry& entry) {
  static const std::set<std::string> kKinds = {
      "ENCODING",      "STDSTRINGS",  "SEARCHPATH", "DATABASE", "DATABASE PROPERTIES",
      "SEQUENCE SET",  "TABLE DATA",  "BLOB",       "BLOBS",    "BLOB METADATA",
      "BLOB COMMENTS", "LARGE OBJECT"};
  static const std::set<std::string> kSaidOfOthers = {"COMMENT", "ACL", "SECURITY LABEL"};
  return kKinds.contains(entry.kind) ||
         (kSaidOfOthers.contains(entry.kind) && entry.name.starts_with("LARGE OBJECT"));
}

// Goes without saying with what it belongs to.
bool GoesAlong(const ArchiveEntry& entry) {
  static const std::set<std::string> kKinds = {
      "COMMENT", "ACL",      "INDEX",        "CONSTRAINT",   "DEFAULT",       "SEQUENCE OWNED BY",
      "TRIGGER", "RULE",     "POLICY",       "ROW SECURITY", "STATISTICS",    "CHECK CONSTRAINT",
      "TABLE",   "SEQUENCE", "TABLE ATTACH", "INDEX ATTACH", "SECURITY LABEL"};
  return kKinds.contains(entry.kind);
}

bool SaidOfAnother(const ArchiveEntry& entry) {
  return entry.kind == "COMMENT" || entry.kind == "ACL" || entry.kind == "DEFAULT ACL" ||
         entry.kind == "SECURITY LABEL";
}

bool ChangesStanding(const ArchiveEntry& entry) {
  const bool said = entry.kind == "COMMENT" || entry.kind == "ACL";
  return entry.kind == "DEFAULT ACL" || entry.kind == "SCHEMA" ||
         (said && entry.name.starts_with("SCHEMA "));
}

std::string KindOf(const ArchiveEntry& entry) {
  if (entry.kind == "FK CONSTRAINT") return "foreign key";
  std::string kind = entry.kind;
  std::transform(kind.begin(), kind.end(), kind.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return kind;
}

std::string LabelOf(const ArchiveEntry& entry) {
  return entry.schema.empty() ? entry.name : entry.schema + "." + entry.name;
}

ArchiveStage StageOf(const ArchiveEntry& entry) {
  if (entry.kind == "ACL" || entry.kind == "DEFAULT ACL") return ArchiveStage::kPrivileges;
  if (!entry.post_data) return ArchiveStage::kPreData;
  if (entry.kind == "MATERIALIZED VIEW DATA") return ArchiveStage::kRefresh;
  static const std::set<std::string> kOfTables = {"INDEX", "CONSTRAINT", "INDEX ATTACH",
                                                  "STATISTICS"};
  if (kOfTables.contains(entry.kind)) return ArchiveStage::kTable;
  if (entry.kind == "EVENT TRIGGER") return ArchiveStage::kEventTriggers;
  if (entry.kind.starts_with("PUBLICATION") || entry.kind.starts_with("SUBSCRIPTION")) {
    return ArchiveStage::kLast;
  }
  return ArchiveStage::kAfterData;
}

}  // namespace transload
