-- The columns of the same tables; their types followed through domains, arrays and ranges to what is
-- stored.
with recursive ranges as (
  select rngtypid as oid, rngsubtype from pg_catalog.pg_range
  union all
  select (to_jsonb(r) ->> 'rngmultitypid')::oid, rngsubtype from pg_catalog.pg_range r
), type as (
  select t.oid, case when t.typtype = 'd' then t.typbasetype
                     when t.typtype in ('r', 'm') then r.rngsubtype
                     when t.typcategory = 'A' and t.typelem <> 0 then t.typelem end as of
  from pg_catalog.pg_type t
  left join ranges r on r.oid = t.oid
), step as (
  select t.oid as start, t.oid, t.of from type t
  union all
  select s.start, t.oid, t.of from step s join type t on t.oid = s.of
), stored as (
  select s.start, s.oid from step s where s.of is null
)
select a.attrelid, a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod),
       a.attnotnull, a.attidentity, coalesce(to_jsonb(a) ->> 'attgenerated', ''),
       tn.nspname, t.typname, t.typtype, t.typsend <> 0 and t.typreceive <> 0,
       coalesce(pg_catalog.pg_get_expr(d.adbin, d.adrelid), ''),
       coalesce(pg_catalog.col_description(a.attrelid, a.attnum), ''),
       w.typname
from pg_catalog.pg_attribute a
join pg_catalog.pg_class c on c.oid = a.attrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
join pg_catalog.pg_type w on w.oid = a.atttypid
join stored s on s.start = a.atttypid
join pg_catalog.pg_type t on t.oid = s.oid
join pg_catalog.pg_namespace tn on tn.oid = t.typnamespace
left join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
where c.relkind in ('r', 'p') and c.relpersistence <> 't' and a.attnum > 0 and not a.attisdropped
  and n.nspname <> 'information_schema' and n.nspname !~ '^pg_'
order by a.attrelid, a.attnum
