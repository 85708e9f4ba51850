-- The primary key of each table, or the first unique index that could be one.
select distinct on (i.indrelid, a.position) i.indrelid, c.relname, i.indisprimary, t.attname,
       a.position
from (
  select distinct on (indrelid) *
  from pg_catalog.pg_index x
  where x.indisunique and x.indisvalid and x.indpred is null and x.indexprs is null
    and not exists (select 1 from pg_catalog.pg_attribute k
                    where k.attrelid = x.indrelid and k.attnum = any (x.indkey)
                      and not k.attnotnull)
  order by indrelid, indisprimary desc, indexrelid
) i
join pg_catalog.pg_class c on c.oid = i.indexrelid
cross join lateral unnest(i.indkey::int2[]) with ordinality as a(attnum, position)
join pg_catalog.pg_attribute t on t.attrelid = i.indrelid and t.attnum = a.attnum
where a.position <= coalesce((to_jsonb(i) ->> 'indnkeyatts')::int, i.indnatts)
order by i.indrelid, a.position
