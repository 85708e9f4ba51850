#include "mappings/type_decision.h"

#include <fmt/format.h>

#include "core/ascii.h"
#include "core/error.h"
#include "mappings/observations.h"

namespace transload {
namespace {

// Lower case, one space between words, none around parentheses and commas.
std::string NormalType(std::string_view text) {
  std::string out;
  for (char c : LowerAscii(text)) {
    const bool space = c == ' ' || c == '\t' || c == '\n';
    if (space && (out.empty() || out.back() == ' ' || out.back() == '(' || out.back() == ',')) {
      continue;
    }
    if ((c == ')' || c == ',' || c == '(') && !out.empty() && out.back() == ' ') out.pop_back();
    out += space ? ' ' : c;
  }
  while (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

// "bigint(20) unsigned" is also "bigint unsigned": the number is a display width.
std::string WithoutArguments(const std::string& type) {
  const std::size_t open = type.find('(');
  const std::size_t close = type.rfind(')');
  if (open == std::string::npos || close == std::string::npos || close < open) return type;
  return NormalType(type.substr(0, open) + " " + type.substr(close + 1));
}

std::string ColumnKey(const std::string& schema, const std::string& table,
                      const std::string& column) {
  return LowerAscii(schema.empty() ? table + "." + column : schema + "." + table + "." + column);
}

std::string FactKey(const std::string& schema, const std::string& table,
                    const std::string& column) {
  return schema + '\0' + table + '\0' + column;
}

std::string SourceTypeText(const SourceColumn& column) {
  return column.full_type.empty() ? column.type : column.full_type;
}

void ApplyPolicies(Policies& policies, const std::vector<std::pair<std::string, std::string>>& set,
                   const std::string& where) {
  for (const auto& [name, value] : set) {
    try {
      SetPolicy(policies, name, value);
    } catch (const Error& error) {
      throw UsageError(fmt::format("{}: {}", where, error.what()));
    }
  }
}

std::string RangeText(const ColumnFacts& facts) {
  if (!facts.minimum || !facts.maximum) return "no values";
  return fmt::format("values {} to {}", *facts.minimum, *facts.maximum);
}

}  // namespace

FactsIndex::FactsIndex(const std::vector<ColumnFacts>& facts) {
  for (const ColumnFacts& fact : facts) {
    const ColumnFacts*& slot = by_column_[FactKey(fact.schema, fact.table, fact.column)];
    // A column may have been probed and scanned: what is known wins, and the scan came later.
    if (slot == nullptr || fact.known) slot = &fact;
  }
}

const ColumnFacts* FactsIndex::Find(const SourceTable& table, const std::string& column) const {
  if (by_column_.empty()) return nullptr;
  auto found = by_column_.find(FactKey(table.schema, table.name, column));
  return found == by_column_.end() ? nullptr : found->second;
}

Policies PoliciesFor(const Options& options, const SelectedTable& table,
                     const std::string& column) {
  Policies policies = options.policies;
  if (table.options == nullptr) return policies;
  ApplyPolicies(policies, table.options->policies,
                fmt::format("[table.\"{}\".policy]", table.options_key));
  for (const auto& [name, settings] : table.options->columns) {
    if (!table.Means(name, column)) continue;
    ApplyPolicies(policies, settings.policies,
                  fmt::format("[table.\"{}\".column.\"{}\"]", table.options_key, name));
  }
  return policies;
}

TypeDecider::TypeDecider(const PlanRequest& request)
    : request_(request),
      rules_(RulesFor(request.source.rules)),
      used_(request.options.maps.size(), false) {
  const std::vector<MapRule>& maps = request.options.maps;
  for (std::size_t i = 0; i < maps.size(); ++i) {
    map_types_.push_back(NormalType(maps[i].type));
    UserType(maps[i].to, maps[i].where);  // refused before anything is planned
    if (!maps[i].column.empty()) map_columns_[LowerAscii(maps[i].column)] = i;
  }
}

PgType TypeDecider::UserType(const std::string& text, const std::string& where) const {
  auto refuse = [&](const std::string& why) {
    throw UsageError(fmt::format("{}: {}", where, why));
  };
  PgType type;
  try {
    type = ParsePgType(text);
  } catch (const Error& error) {
    refuse(error.what());
  }
  const PgType& leaf = type.kind == PgKind::kArray ? type.element.front() : type;
  if (leaf.kind == PgKind::kOther) {
    refuse(fmt::format("'{}' is not a type that transload can write from {}", text,
                       request_.source.engine));
  }
  auto needs = [&](const char* extension) {
    if (!request_.target_extensions.contains(extension)) {
      refuse(fmt::format("'{}' needs the extension {}, which the target does not offer", text,
                         extension));
    }
  };
  if (leaf.kind == PgKind::kGeometry) needs("postgis");
  if (leaf.kind == PgKind::kVector) needs("vector");
  if (leaf.name == "citext") needs("citext");
  return type;
}

// A map for the column wins over a map for its type, a type as printed over one without its
// numbers, that over a base name; the command line wins over a file, and what stands later over
// what stands before.
const MapRule* TypeDecider::FindMap(const ColumnStanding& standing) const {
  const std::vector<MapRule>& maps = request_.options.maps;
  if (maps.empty()) return nullptr;
  for (const std::string& schema : {standing.table.schema, std::string()}) {
    auto found = map_columns_.find(ColumnKey(schema, standing.table.name, standing.column.name));
    if (found != map_columns_.end()) {
      used_[found->second] = true;
      return &maps[found->second];
    }
  }
  const std::string printed = NormalType(SourceTypeText(standing.column));
  const std::string bare = WithoutArguments(printed);
  const MapRule* best = nullptr;
  int best_rank = 0;
  for (std::size_t i = 0; i < maps.size(); ++i) {
    const std::string& type = map_types_[i];
    if (type.empty()) continue;
    int rank = 0;
    if (type == printed) {
      rank = 6;
    } else if (type == bare) {
      rank = 4;
    } else if (type == standing.column.type) {
      rank = 2;
    }
    if (rank == 0) continue;
    used_[i] = true;
    if (maps[i].where.starts_with("--")) ++rank;
    if (rank >= best_rank) {
      best = &maps[i];
      best_rank = rank;
    }
  }
  return best;
}

bool TypeDecider::Overridden(const ColumnStanding& standing) const {
  return (standing.options != nullptr && !standing.options->type.empty()) ||
         FindMap(standing) != nullptr;
}

const TypeRule* TypeDecider::RuleOf(const ColumnStanding& standing) const {
  ColumnFacts nothing;
  nothing.known = true;
  const std::set<std::string> observed =
      Observations(standing.facts != nullptr ? *standing.facts : nothing, standing.column);
  return FindRule(rules_,
                  {standing.column, standing.policies, request_.target_extensions, observed});
}

std::optional<TypeDecision> TypeDecider::AsMapped(const ColumnStanding& standing) const {
  TypeDecision out;
  out.overridden = true;
  if (standing.options != nullptr) out.decode = standing.options->decode;
  const MapRule* map = FindMap(standing);
  if (standing.options != nullptr && !standing.options->type.empty()) {
    const std::string where =
        fmt::format("[table.\"{}\".column.\"{}\"]", standing.table.name, standing.column.name);
    out.type = UserType(standing.options->type, where);
    out.by = fmt::format("{} type = {}", where, standing.options->type);
    return out;
  }
  if (map == nullptr) return std::nullopt;
  out.type = UserType(map->to, map->where);
  out.by = fmt::format("{} {}={}", map->where, map->type.empty() ? "col:" + map->column : map->type,
                       map->to);
  if (out.decode.empty()) out.decode = map->decode;
  return out;
}

PgType TypeDecider::RuleType(const std::string& type, const ColumnStanding& standing,
                             const std::string& by) const {
  if (type == "enum") {
    return PgType{.kind = PgKind::kEnum, .labels = {}, .element = {}, .name = {}};
  }
  try {
    return ParsePgType(ExpandType(type, standing.column));
  } catch (const Error& error) {
    const std::string column = standing.table.name + "." + standing.column.name;
    throw UsageError(fmt::format("{}, by {}: {}; map it with --map 'col:{}=TYPE'", column, by,
                                 error.what(), column));
  }
}

TypeDecision TypeDecider::Decide(const ColumnStanding& standing) const {
  if (std::optional<TypeDecision> mapped = AsMapped(standing)) return *std::move(mapped);
  TypeDecision out;
  if (standing.options != nullptr) out.decode = standing.options->decode;
  std::set<std::string> observed;
  if (standing.facts != nullptr) observed = Observations(*standing.facts, standing.column);
  out.rule =
      FindRule(rules_, {standing.column, standing.policies, request_.target_extensions, observed});
  if (out.rule == nullptr) return out;
  if (out.decode.empty()) out.decode = out.rule->decode;
  out.check = out.rule->check;
  out.note = out.rule->note;
  out.by = fmt::format("{}.toml: {}", rules_.name, SourceTypeText(standing.column));
  out.type = RuleType(out.rule->to, standing, out.by);
  if (out.rule->safe.empty() || !out.rule->fits) return out;

  const PgType safe = RuleType(out.rule->safe, standing, out.by);
  const bool known = standing.facts != nullptr && standing.facts->known;
  if (known) {
    if (!WithinRange(*standing.facts, out.rule->fits->first, out.rule->fits->second)) {
      out.note = fmt::format("not {}: {}", out.type->Sql(), RangeText(*standing.facts));
      out.type = safe;
    } else {
      out.by += fmt::format(" ({})", RangeText(*standing.facts));
    }
  } else if (standing.in_key) {
    out.note = fmt::format("not {}: a key, and its values are not known", out.type->Sql());
    out.type = safe;
  } else if (request_.options.prescan == Prescan::kOff) {
    out.type = safe;
    out.by += " (prescan off)";
  } else {
    out.safe = safe;
  }
  return out;
}

std::vector<const MapRule*> TypeDecider::UnusedMaps() const {
  std::vector<const MapRule*> out;
  for (std::size_t i = 0; i < used_.size(); ++i) {
    if (!used_[i]) out.push_back(&request_.options.maps[i]);
  }
  return out;
}

}  // namespace transload
