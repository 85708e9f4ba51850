-- $1 run, $2 owner, $3 JSON array of tables to leave alone, $4 lease in seconds.
-- An owner who asks has none: what it is said to have was lost with an answer, or with a commit that
-- a crash of the server took back.
update {L}.partition p
set state = 'running', owner = $2::text, epoch = p.epoch + 1, attempts = p.attempts + 1,
    lease = clock_timestamp() + make_interval(secs => $4::float8), started_at = clock_timestamp()
from {L}."table" t
where t.id = p.table_id and p.id = (
  select c.id from {L}.partition c
  where c.run_id = $1::text and c.state <> 'done'
    and (c.state = 'todo' or c.lease < clock_timestamp() or c.owner = $2::text)
    and not exists (select 1 from json_array_elements_text($3::json) x where x::bigint = c.table_id)
  order by c.table_bytes desc, c.table_id, c.number
  limit 1 for update skip locked)
returning p.id, p.table_id, p.number, t.generation, p.epoch, p.attempts, p.range, p.remainder,
          p.estimated_bytes, t.schema, t.name, not exists (
            select from {L}.partition o
            where o.run_id = $1::text and o.state = 'todo' and o.id <> p.id)
