-- $1 id, $2 epoch, $3 range of what stays (null: already set), $4 range of the rest, $5 whether it
-- is to be cut further, $6 owner.
with cut as (
  update {L}.partition p set range = coalesce($3::json, p.range), remainder = false
  where p.id = $1::bigint and p.epoch = $2::bigint and p.owner = $6::text
    and (p.state = 'running' or $3::json is null)
    and p.range::text is distinct from $3::text  -- not cut already by a try whose answer was lost
  returning p.*
)
insert into {L}.partition (run_id, table_id, number, range, remainder, table_bytes, estimated_bytes)
select run_id, table_id,
       (select max(number) + 1 from {L}.partition o where o.table_id = cut.table_id),
       $4::json, $5::boolean, table_bytes, estimated_bytes
from cut returning id
