#include "mappings/index_builder.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "core/sql_quotes.h"
#include "mappings/expression_translator.h"
#include "mappings/index_width.h"

namespace transload {
namespace {

constexpr std::size_t kMaxIndexParts = 32;
// A tsvector holds less than 1 MiB of lexemes; a longer document fails at CREATE INDEX and at every
// later INSERT.
constexpr std::uint64_t kMaxDocumentBytes = std::uint64_t{1} << 20;

bool HasNoBtree(const PgType& type) {
  return type.kind == PgKind::kJson || type.kind == PgKind::kPoint || type.name == "xml";
}

bool IsPlainPart(const IndexPartPlan& part) { return part.sql.starts_with('"'); }

// Where an expression of the index means nearly the same only.
void AddNotes(const Translation& expression, BuiltIndex& out) {
  if (expression.notes.empty()) return;
  out.hazards.push_back(fmt::format("{}: {}", expression.sql, fmt::join(expression.notes, "; ")));
}

std::string UniqueInCase(const std::string& what) {
  return fmt::format(
      "unique without regard to case in the source ({}), exactly in PostgreSQL: 'a' and 'A' may "
      "both be inserted later",
      what);
}

BuiltIndex Refused(std::string why) {
  BuiltIndex out;
  out.why = std::move(why);
  return out;
}

}  // namespace

bool IsPlainUnique(const IndexPlan& index) {
  return (index.unique || index.primary) && index.where_sql.empty() &&
         index.statement_sql.empty() && !index.deferrable &&
         std::all_of(index.parts.begin(), index.parts.end(), IsPlainPart);
}

const ColumnPlan* IndexBuilder::Column(const std::string& source_name) const {
  const std::size_t index = FindSourceColumn(source_, source_name);
  if (index == std::string::npos) return nullptr;
  const std::string& name = source_.columns[index].name;
  auto found = std::find_if(table_.columns.begin(), table_.columns.end(),
                            [&](const ColumnPlan& c) { return c.source.name == name; });
  return found == table_.columns.end() ? nullptr : &*found;
}

BuiltIndex IndexBuilder::Build(const SourceIndex& index) const {
  if (index.invisible) return Refused("the source keeps it without using it (INVISIBLE)");
  if (index.kind == IndexKind::kOther) return Refused("PostgreSQL has no index of this kind");
  if (index.parts.size() > kMaxIndexParts) {
    return Refused(
        fmt::format("{} columns; PostgreSQL takes {}", index.parts.size(), kMaxIndexParts));
  }
  for (const SourceIndexPart& part : index.parts) {
    if (!part.column.empty() && Column(part.column) == nullptr) {
      return Refused(fmt::format("column {} is left out", part.column));
    }
  }
  BuiltIndex out = index.kind == IndexKind::kFulltext  ? Fulltext(index)
                   : index.kind == IndexKind::kSpatial ? Spatial(index)
                                                       : Btree(index);
  if (out.plan) {
    out.plan->source_name = index.name;
    out.plan->comment = index.comment;
  }
  return out;
}

BuiltIndex IndexBuilder::Fulltext(const SourceIndex& index) const {
  std::vector<std::string> texts;
  for (const SourceIndexPart& part : index.parts) {
    const ColumnPlan& column = *Column(part.column);
    bool known = false;
    if (Bytes(column, -1, known) >= kMaxDocumentBytes) {
      return Refused(fmt::format(
          "{} may hold 1 MiB or more, which PostgreSQL's text search refuses at every insert{}",
          column.source.name, known ? "" : "; with --prescan all its length is known"));
    }
    texts.push_back(fmt::format("COALESCE({}, '')", QuoteIdent(column.name)));
  }
  BuiltIndex out;
  out.plan.emplace();
  out.plan->method = "gin";
  out.plan->parts.push_back(
      {fmt::format("(to_tsvector('simple'::regconfig, {}))", fmt::join(texts, " || ' ' || ")),
       false, "", ""});
  out.hazards.emplace_back(
      "FULLTEXT becomes a GIN index on to_tsvector('simple', ...): queries with "
      "MATCH ... AGAINST have to be written anew");
  return out;
}

BuiltIndex IndexBuilder::Spatial(const SourceIndex& index) const {
  BuiltIndex out;
  out.plan.emplace();
  out.plan->method = "gist";
  for (const SourceIndexPart& part : index.parts) {
    const ColumnPlan& column = *Column(part.column);
    if (column.type.kind != PgKind::kGeometry && column.type.kind != PgKind::kPoint) {
      return Refused(fmt::format("{} is {} here: without PostGIS there is no spatial index",
                                 column.source.name, column.type.Sql()));
    }
    out.plan->parts.push_back({QuoteIdent(column.name), false, "", ""});
  }
  return out;
}

IndexPartPlan IndexBuilder::PrefixPart(const SourceIndex& index, const SourceIndexPart& part,
                                       const ColumnPlan& column) const {
  IndexPartPlan out{QuoteIdent(column.name), part.descending, "", ""};
  const bool whole = column.source.length >= 0 && part.prefix_length >= column.source.length;
  bool known = false;
  const bool small = index.kind == IndexKind::kPlain &&
                     Bytes(column, -1, known) <= kSafeKeyBytes / index.parts.size();
  if (whole || small) return out;
  const bool bytes = column.type.kind == PgKind::kBytea;
  out.sql = bytes ? fmt::format("(substring({} from 1 for {}))", out.sql, part.prefix_length)
                  : fmt::format("(left({}, {}))", out.sql, part.prefix_length);
  return out;
}

IndexPartPlan IndexBuilder::Part(const SourceIndex& index, const SourceIndexPart& part,
                                 BuiltIndex& out) const {
  if (!part.expression.empty()) {
    const Translation key =
        TranslateKey(part.expression, DialectOf(request_.source.rules), table_.columns);
    if (!key.ok()) {
      out.why = fmt::format("{}: {}", part.expression, key.why);
      return {};
    }
    AddNotes(key, out);
    if (index.kind == IndexKind::kUnique && key.case_insensitive) {
      out.hazards.push_back(UniqueInCase(part.expression));
    }
    return {"(" + key.sql + ")", part.descending, "", ""};
  }
  const ColumnPlan& column = *Column(part.column);
  if (HasNoBtree(column.type)) {
    out.why = fmt::format("{} is {}, which has no order", column.source.name, column.type.Sql());
    return {};
  }
  if (part.prefix_length >= 0) return PrefixPart(index, part, column);
  return {QuoteIdent(column.name), part.descending, "", ""};
}

BuiltIndex IndexBuilder::Btree(const SourceIndex& index) const {
  BuiltIndex out;
  IndexPlan plan;
  plan.unique = index.kind == IndexKind::kUnique || index.kind == IndexKind::kPrimary;
  plan.primary = index.kind == IndexKind::kPrimary;
  for (const SourceIndexPart& part : index.parts) {
    IndexPartPlan made = Part(index, part, out);
    if (!out.why.empty()) return out;
    plan.parts.push_back(std::move(made));
  }
  for (const std::string& name : index.include) {
    const ColumnPlan* column = Column(name);
    if (column != nullptr && request_.target_version >= 110000) {
      plan.include.push_back(column->name);
    }
  }
  if (!index.predicate.empty()) {
    const Translation where =
        TranslateCondition(index.predicate, DialectOf(request_.source.rules), table_.columns);
    if (!where.ok()) return Refused(fmt::format("WHERE {}: {}", index.predicate, where.why));
    if (!where.always_true) {
      plan.where_sql = where.sql;
      AddNotes(where, out);
    }
  }
  if (index.nulls_not_distinct && request_.target_version >= 150000) {
    plan.nulls_not_distinct = true;
  } else if (index.nulls_not_distinct) {
    out.hazards.emplace_back("the source takes one NULL only; PostgreSQL below 15 takes many");
  }
  out.plan = std::move(plan);
  LimitWidth(index, out);
  if (out.plan) DecideConstraint(index, out);
  if (out.plan) NoteCollations(index, out);
  return out;
}

std::uint64_t IndexBuilder::Bytes(const ColumnPlan& column, std::int64_t prefix,
                                  bool& known) const {
  const std::string& type = column.source.type;
  std::uint64_t bytes = MostKeyBytes(column.source, prefix);
  // MySQL's own limits, where no length is declared.
  if (bytes == UINT64_MAX && (type == "tinytext" || type == "tinyblob")) bytes = 255;
  if (bytes == UINT64_MAX && (type == "text" || type == "blob") &&
      column.source.format != CellFormat::kDynamic) {
    bytes = 65535;
  }
  const ColumnFacts* facts = facts_.Find(source_, column.source.name);
  known = facts != nullptr && facts->known && facts->max_bytes > 0;
  const bool empty =
      facts != nullptr && facts->known && facts->rows > 0 && facts->rows == facts->nulls;
  if (empty) return 0;
  return known ? std::min(bytes, facts->max_bytes) : bytes;
}

void IndexBuilder::LimitWidth(const SourceIndex& index, BuiltIndex& out) const {
  std::uint64_t total = 0;
  bool all_known = true;
  for (const SourceIndexPart& part : index.parts) {
    if (part.column.empty()) continue;
    const ColumnPlan& column = *Column(part.column);
    bool known = false;
    const std::uint64_t bytes = Bytes(column, part.prefix_length, known);
    if (bytes > 0) all_known = all_known && known;
    total = bytes > UINT64_MAX - total ? UINT64_MAX : total + bytes;
  }
  if (total <= kSafeKeyBytes) return;
  if (all_known) return ReplaceWideParts(index, out);
  out.hazards.emplace_back(
      "its key may be wider than the 2704 bytes that PostgreSQL's btree holds: a longer value "
      "makes "
      "CREATE INDEX fail");
}

void IndexBuilder::ReplaceWideParts(const SourceIndex& index, BuiltIndex& out) const {
  IndexPlan& plan = *out.plan;
  if (!plan.unique && plan.parts.size() == 1) {
    plan.method = "hash";
    out.hazards.emplace_back("values wider than 2704 bytes: a hash index, for equality only");
    return;
  }
  for (std::size_t i = 0; i < plan.parts.size(); ++i) {
    bool known = false;
    const std::string& name = index.parts[i].column;
    if (name.empty() || Bytes(*Column(name), -1, known) <= 64) continue;
    plan.parts[i].sql = plan.unique ? fmt::format("(md5({}))", plan.parts[i].sql)
                                    : fmt::format("(left({}::text, 250))", plan.parts[i].sql);
  }
  out.hazards.emplace_back(
      plan.unique ? "values wider than 2704 bytes: a unique index on their md5"
                  : "values wider than 2704 bytes: an index on their first 250 characters");
}

void IndexBuilder::DecideConstraint(const SourceIndex& index, BuiltIndex& out) const {
  IndexPlan& plan = *out.plan;
  if (!plan.unique) return;
  const bool plain = std::all_of(plan.parts.begin(), plan.parts.end(), IsPlainPart);
  if (!plan.primary) {
    const bool descending = std::any_of(plan.parts.begin(), plan.parts.end(),
                                        [](const IndexPartPlan& p) { return p.descending; });
    plan.constraint = plain && !descending && plan.where_sql.empty();
    return;
  }
  // A primary key's index is ascending, and its columns are never NULL.
  for (IndexPartPlan& part : plan.parts) part.descending = false;
  const bool nullable = std::any_of(index.parts.begin(), index.parts.end(), [&](const auto& part) {
    const ColumnPlan* column = Column(part.column);
    return column != nullptr && !column->not_null;
  });
  plan.primary = plain && !nullable;
  plan.constraint = plain;
  if (plan.primary) return;
  out.hazards.emplace_back(
      nullable ? "the primary key holds NULLs: UNIQUE instead of PRIMARY KEY"
               : "the primary key is on parts of columns: a unique index instead of PRIMARY KEY");
}

void IndexBuilder::NoteCollations(const SourceIndex& index, BuiltIndex& out) const {
  if (!out.plan->unique) return;
  for (const SourceIndexPart& part : index.parts) {
    const ColumnPlan* column = Column(part.column);
    if (column == nullptr) continue;
    const std::string& collation =
        part.collation.empty() ? column->source.collation : part.collation;
    if (!IsCaseInsensitive(collation) || column->type.name == "citext") continue;
    if (!column->collation.empty()) continue;
    if (!IsTextKind(column->type.kind)) continue;
    out.hazards.push_back(UniqueInCase(fmt::format("{} is {}", column->source.name, collation)));
  }
}

}  // namespace transload
