-- Tables that the login may not read, each with all tables of its partition tree (or itself): one
-- row per pair. pg_dump locks whatever it tells of, so it must not be asked for these, and cannot
-- tell of a partitioned table without all of its partitions.
with recursive unreadable as (
  select c.oid
  from pg_catalog.pg_class c
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p')
    and c.relpersistence <> 't'
    and n.nspname <> 'information_schema' and n.nspname !~ '^pg_'
    and not (pg_catalog.has_table_privilege(c.oid, 'select')
             and pg_catalog.has_schema_privilege(n.oid, 'usage'))
    and not exists (select 1 from pg_catalog.pg_depend d
                    where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = c.oid
                      and d.deptype = 'e')
), up as (
  select oid as start, oid from unreadable
  union all
  select u.start, i.inhparent
  from up u
  join pg_catalog.pg_class c on c.oid = u.oid and c.relispartition
  join pg_catalog.pg_inherits i on i.inhrelid = u.oid
), tree as (
  select u.start, u.oid
  from up u join pg_catalog.pg_class c on c.oid = u.oid and not c.relispartition
  union all
  select t.start, i.inhrelid
  from tree t
  join pg_catalog.pg_inherits i on i.inhparent = t.oid
  join pg_catalog.pg_class c on c.oid = i.inhrelid and c.relispartition
)
select n.nspname, c.relname, m.nspname, member.relname
from tree t
join pg_catalog.pg_class c on c.oid = t.start
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
join pg_catalog.pg_class member on member.oid = t.oid
join pg_catalog.pg_namespace m on m.oid = member.relnamespace
order by 1, 2, 3, 4
