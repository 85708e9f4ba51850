-- $1 schema, $2 table. One row per column, domains followed to their base type.
with recursive base as (
  select a.attnum, a.attname, a.attnotnull, a.attidentity, a.atttypid as declared,
         to_jsonb(a) ->> 'attgenerated' as generated,
         t.oid, t.typtype, t.typbasetype, t.typelem, t.typcategory, t.typname, t.typnamespace,
         case when t.typtype = 'd' and a.atttypmod < 0 then t.typtypmod else a.atttypmod end as typmod,
         a.atttypmod, t.typtype as declared_kind, t.typnotnull as domain_not_null
  from pg_catalog.pg_attribute a
  join pg_catalog.pg_class c on c.oid = a.attrelid
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  join pg_catalog.pg_type t on t.oid = a.atttypid
  where n.nspname = $1::text and c.relname = $2::text
    and c.relkind in ('r', 'p', 'f') and a.attnum > 0 and not a.attisdropped
  union all
  select b.attnum, b.attname, b.attnotnull, b.attidentity, b.declared, b.generated,
         t.oid, t.typtype, t.typbasetype, t.typelem, t.typcategory, t.typname, t.typnamespace,
         case when t.typtype = 'd' and b.typmod < 0 then t.typtypmod else b.typmod end,
         b.atttypmod, b.declared_kind, b.domain_not_null or t.typnotnull
  from base b join pg_catalog.pg_type t on t.oid = b.typbasetype
  where b.typtype = 'd'
)
select b.attname,
       coalesce(e.typname, b.typname) as type_name,
       (select nspname from pg_catalog.pg_namespace
         where oid = coalesce(e.typnamespace, b.typnamespace)) as type_schema,
       coalesce(e.typtype, b.typtype) as type_kind,
       e.oid is not null as is_array,
       b.typmod,
       pg_catalog.format_type(coalesce(e.oid, b.oid), b.typmod) as formatted,
       (select json_agg(l.enumlabel order by l.enumsortorder) from pg_catalog.pg_enum l
         where l.enumtypid = coalesce(e.oid, b.oid)) as labels,
       b.oid as type_oid,
       coalesce(e.oid, 0) as element_oid,
       b.attnotnull or b.domain_not_null,
       coalesce(b.generated, '') <> '',
       coalesce(b.attidentity, '') <> ''
from base b
left join pg_catalog.pg_type e
  on e.oid = b.typelem and b.typcategory = 'A' and b.typelem <> 0
where b.typtype <> 'd'
order by b.attnum
