-- Sequences whose value the login may not read, each with the tables that own it or take defaults
-- from it: one row per pair, or one without a table. pg_dump reads the values of all it tells of.
select n.nspname, c.relname, tn.nspname, t.relname
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
left join lateral (
  select d.refobjid as oid
  from pg_catalog.pg_depend d
  where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = c.oid
    and d.refclassid = 'pg_catalog.pg_class'::regclass and d.deptype in ('a', 'i')
  union
  select f.adrelid
  from pg_catalog.pg_depend d
  join pg_catalog.pg_attrdef f on f.oid = d.objid
  where d.classid = 'pg_catalog.pg_attrdef'::regclass
    and d.refclassid = 'pg_catalog.pg_class'::regclass and d.refobjid = c.oid
) used on true
left join pg_catalog.pg_class t on t.oid = used.oid
left join pg_catalog.pg_namespace tn on tn.oid = t.relnamespace
where c.relkind = 'S'
  and c.relpersistence <> 't'
  and n.nspname <> 'information_schema' and n.nspname !~ '^pg_'
  and not (pg_catalog.has_sequence_privilege(c.oid, 'select')
           and pg_catalog.has_schema_privilege(n.oid, 'usage'))
  and not exists (select 1 from pg_catalog.pg_depend d
                  where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = c.oid
                    and d.deptype = 'e')
order by 1, 2, 3, 4
