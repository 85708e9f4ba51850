-- Tables that hold rows of their own: ordinary ones, and the leaves of partitioned ones. A
-- partitioned table is read as one where the same row may belong to another partition in another
-- cluster: hashed by what hashes differently there (an enum hashes by its labels' numbers), or cut
-- by the order of text.
--
-- A ledger of transload, from a run that once filled this database, is no data of the user's.
--
-- pg_table_size waits for a lock that keeps readers out, and preflight is to name that lock first.
with recursive ledger as (
  select relnamespace as oid from pg_catalog.pg_class
  where relkind = 'r' and relname in ('version', 'run', 'table', 'partition', 'lane', 'reject',
                                      'coercion', 'object')
  group by relnamespace having count(*) = 8
), locked as (
  select relation as oid from pg_catalog.pg_locks
  where locktype = 'relation' and mode = 'AccessExclusiveLock' and relation is not null
    and database = (select oid from pg_catalog.pg_database where datname = current_database())
), sized as (
  select oid, case when oid in (select oid from locked)
                   then relpages * current_setting('block_size')::bigint
                   else pg_catalog.pg_table_size(oid) end as bytes
  from pg_catalog.pg_class where relkind = 'r'
), routed as (
  select p.partrelid as oid
  from pg_catalog.pg_partitioned_table p
  cross join (select pg_catalog.pg_encoding_to_char(encoding) as encoding, datcollate
              from pg_catalog.pg_database where datname = current_database()) d
  where exists (
    select 1
    from unnest(p.partattrs::int2[], p.partcollation::oid[]) as k(attnum, coll)
    left join pg_catalog.pg_attribute a on a.attrelid = p.partrelid and a.attnum = k.attnum
    left join pg_catalog.pg_type t on t.oid = a.atttypid
    left join pg_catalog.pg_collation l on l.oid = k.coll
    where p.partstrat = 'h'
            and (k.attnum = 0 or t.typtype <> 'b' or t.typcategory = 'A'
                 or (k.coll <> 0 and (d.encoding <> 'UTF8'
                                      or to_jsonb(l) ->> 'collisdeterministic' = 'false')))
       or p.partstrat = 'r' and k.coll <> 0
            and case when l.collname = 'default' then d.datcollate else l.collcollate end
                not in ('C', 'POSIX'))
), below as (
  select i.inhrelid as oid, r.oid as unit
  from routed r join pg_catalog.pg_inherits i on i.inhparent = r.oid
  union all
  select i.inhrelid, b.unit
  from below b join pg_catalog.pg_inherits i on i.inhparent = b.oid
)
select c.oid, n.nspname, c.relname, c.relpersistence,
       case c.relkind when 'r' then greatest(c.reltuples, 0)::bigint
            else (select coalesce(sum(greatest(x.reltuples, 0)), 0)::bigint from below b
                  join pg_catalog.pg_class x on x.oid = b.oid and x.relkind = 'r'
                  where b.unit = c.oid) end,
       case c.relkind when 'r' then own.bytes
            else (select coalesce(sum(s.bytes), 0)::bigint from below b
                  join sized s on s.oid = b.oid where b.unit = c.oid) end,
       c.relkind = 'p',
       coalesce(pg_catalog.obj_description(c.oid, 'pg_class'), '')
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
left join sized own on own.oid = c.oid
where (c.relkind = 'r' or c.relkind = 'p' and c.oid in (select oid from routed))
  and c.oid not in (select oid from below)
  and c.relpersistence <> 't'
  and n.nspname <> 'information_schema' and n.nspname !~ '^pg_'
  and n.oid not in (select oid from ledger)
  and not exists (select 1 from pg_catalog.pg_depend d
                  where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = c.oid
                    and d.deptype = 'e')
order by n.nspname, c.relname
