-- $1 run, $2 process, $3 JSON array, $4 lease in seconds. A row that is locked is being finished,
-- and needs no renewal.
with beat as (
  select * from json_to_recordset($3::json) as b(
    lane int, doing text, partition_id bigint, epoch bigint, backend_pid int,
    backend_start timestamptz, rows bigint, bytes bigint)
), mine as (
  select p.id from {L}.partition p join beat b on p.id = b.partition_id and p.epoch = b.epoch
  where p.state = 'running' for update of p skip locked
), renewed as (
  update {L}.partition p set lease = clock_timestamp() + make_interval(secs => $4::float8)
  from mine where p.id = mine.id
), put as (
  insert into {L}.lane (run_id, process, lane, doing, partition_id, epoch, backend_pid,
                        backend_start, rows, bytes, seen_at)
  select $1::text, $2::text, lane, doing, partition_id, epoch, backend_pid, backend_start, rows,
         bytes, clock_timestamp() from beat
  on conflict (run_id, process, lane) do update
  set doing = excluded.doing, partition_id = excluded.partition_id, epoch = excluded.epoch,
      backend_pid = excluded.backend_pid, backend_start = excluded.backend_start,
      rows = excluded.rows, bytes = excluded.bytes, seen_at = excluded.seen_at
)
select b.lane from beat b
where b.partition_id <> 0
  and not exists (select 1 from {L}.partition p where p.id = b.partition_id and p.epoch = b.epoch)
