// The fields of a table's plan and of the catalogue's structs, each once: visited to write and to
// read JSON. For json_visitor.h alone.
#ifndef TRANSLOAD_CORE_PLAN_FIELDS_H_
#define TRANSLOAD_CORE_PLAN_FIELDS_H_

#include "core/plan.h"

namespace transload {

template <class V>
void Fields(V& v, PgType& t) {
  v("kind", t.kind), v("length", t.length), v("precision", t.precision), v("scale", t.scale);
  v("labels", t.labels), v("element", t.element), v("name", t.name);
}
template <class V>
void Fields(V& v, SourceDefault& d) {
  v("text", d.text), v("is_expression", d.is_expression);
}
template <class V>
void Fields(V& v, SourceColumn& c) {
  v("name", c.name), v("type", c.type), v("full_type", c.full_type), v("unsigned", c.is_unsigned);
  v("zerofill", c.zerofill), v("length", c.length), v("precision", c.precision);
  v("scale", c.scale), v("labels", c.labels), v("charset", c.charset);
  v("collation", c.collation), v("srid", c.srid), v("format", c.format);
  v("select_expression", c.select_expression), v("nullable", c.nullable);
  v("default", c.default_value), v("auto_increment", c.auto_increment);
  v("on_update", c.on_update), v("generation_expression", c.generation_expression);
  v("generated_stored", c.generated_stored), v("invisible", c.invisible);
  v("json_alias", c.is_json_alias), v("comment", c.comment);
}
template <class V>
void Fields(V& v, SourceIndexPart& p) {
  v("column", p.column), v("expression", p.expression), v("prefix_length", p.prefix_length);
  v("descending", p.descending), v("collation", p.collation);
}
template <class V>
void Fields(V& v, SourceIndex& i) {
  v("name", i.name), v("kind", i.kind), v("parts", i.parts), v("include", i.include);
  v("predicate", i.predicate), v("nulls_not_distinct", i.nulls_not_distinct);
  v("invisible", i.invisible), v("method", i.method), v("comment", i.comment);
}
template <class V>
void Fields(V& v, SourceForeignKey& k) {
  v("name", k.name), v("columns", k.columns), v("parent_schema", k.parent_schema);
  v("parent_table", k.parent_table), v("parent_columns", k.parent_columns);
  v("on_update", k.on_update), v("on_delete", k.on_delete), v("deferrable", k.deferrable);
  v("initially_deferred", k.initially_deferred), v("trusted", k.trusted);
}
template <class V>
void Fields(V& v, SourceCheck& c) {
  v("name", c.name), v("expression", c.expression), v("enforced", c.enforced);
}
template <class V>
void Fields(V& v, SourceSequence& s) {
  v("schema", s.schema), v("name", s.name), v("start", s.start), v("increment", s.increment);
  v("minimum", s.minimum), v("maximum", s.maximum), v("cache", s.cache), v("cycle", s.cycle);
  v("next_value", s.next_value);
}
template <class V>
void Fields(V& v, ColumnPlan& c) {
  v("source", c.source), v("name", c.name), v("type", c.type), v("safe_type", c.safe_type);
  v("rule", c.rule), v("note", c.note), v("decode", c.decode), v("not_null", c.not_null);
  v("not_null_yields", c.not_null_yields), v("never_null", c.never_null);
  v("identity", c.identity);
  v("identity_sequence", c.identity_sequence);
  v("default_sql", c.default_sql), v("generated_sql", c.generated_sql);
  v("comment", c.comment), v("collation", c.collation), v("merges", c.merges);
  v("policies", c.policies);
}
template <class V>
void Fields(V& v, IndexPartPlan& p) {
  v("sql", p.sql), v("descending", p.descending), v("collation", p.collation);
  v("opclass", p.opclass);
}
template <class V>
void Fields(V& v, IndexPlan& i) {
  v("name", i.name), v("source_name", i.source_name), v("primary", i.primary);
  v("unique", i.unique), v("constraint", i.constraint), v("deferrable", i.deferrable);
  v("initially_deferred", i.initially_deferred), v("nulls_not_distinct", i.nulls_not_distinct);
  v("method", i.method), v("parts", i.parts), v("include", i.include), v("where", i.where_sql);
  v("statement", i.statement_sql), v("comment", i.comment);
}
template <class V>
void Fields(V& v, ForeignKeyPlan& k) {
  v("name", k.name), v("columns", k.columns), v("parent_schema", k.parent_schema);
  v("parent_table", k.parent_table), v("parent_columns", k.parent_columns);
  v("on_update", k.on_update), v("on_delete", k.on_delete), v("deferrable", k.deferrable);
  v("initially_deferred", k.initially_deferred), v("validate", k.validate);
}
template <class V>
void Fields(V& v, CheckPlan& c) {
  v("name", c.name), v("expression", c.expression_sql), v("validate", c.validate);
}
template <class V>
void Fields(V& v, TouchTriggerPlan& t) {
  v("function", t.function), v("trigger", t.trigger), v("column", t.column), v("now", t.now_sql);
}
template <class V>
void Fields(V& v, EnumTypePlan& t) {
  v("schema", t.schema), v("name", t.name), v("labels", t.labels);
}
template <class V>
void Fields(V& v, TablePlan& t) {
  v("source_schema", t.source_schema), v("source_name", t.source_name), v("schema", t.schema);
  v("name", t.name), v("columns", t.columns), v("types", t.types), v("indexes", t.indexes);
  v("foreign_keys", t.foreign_keys), v("checks", t.checks), v("triggers", t.triggers);
  v("comment", t.comment), v("where", t.where), v("next_auto_value", t.next_auto_value);
  v("transactional", t.transactional), v("estimated_rows", t.estimated_rows);
  v("estimated_bytes", t.estimated_bytes);
}
// What a table is, without estimates and counters, which move while nobody changes anything.
template <class V>
void Fields(V& v, SourceTable& t) {
  v("schema", t.schema), v("name", t.name), v("columns", t.columns), v("indexes", t.indexes);
  v("foreign_keys", t.foreign_keys), v("checks", t.checks), v("comment", t.comment);
  v("engine", t.engine), v("partitioning", t.partitioning);
}

}  // namespace transload

#endif  // TRANSLOAD_CORE_PLAN_FIELDS_H_
