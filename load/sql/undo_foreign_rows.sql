-- {T}: the table, with ONLY unless it is partitioned. $1 run, $2 table id, $3 the last transaction of the run, or null when it did not end. A row is
-- the run's own when its xmin is a partition's transaction, or not newer than the run's end.
select exists (
  select 1 from {T} r
  where not exists (
    select 1 from {L}.partition p
    where p.run_id = $1::text and p.table_id = $2::bigint
      and (p.xid & 4294967295) = r.xmin::text::bigint)
  and ($3::bigint is null
       or age(r.xmin) < age(($3::bigint & 4294967295)::text::xid)))
