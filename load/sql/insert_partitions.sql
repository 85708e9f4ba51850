-- $1 run, $2 JSON array. Numbers go on from what each table has; ids come in the array's order.
-- That a table was cut stands with the table too: partitions that are gone do not look like none.
with given as (
  select *, row_number() over () as n from json_to_recordset($2::json) as p(
    table_id bigint, range json, estimated_bytes numeric, remainder boolean)
), made as (
  select nextval(pg_get_serial_sequence('{L}.partition', 'id')) as id,
         row_number() over (partition by table_id order by n)
           + coalesce((select max(number) from {L}.partition o where o.table_id = given.table_id), 0)
           as number,
         given.* from given
), put as (
  insert into {L}.partition (id, run_id, table_id, number, range, remainder, table_bytes,
                             estimated_bytes)
  select m.id, $1::text, m.table_id, m.number, m.range, m.remainder, t.estimated_bytes,
         m.estimated_bytes
  from made m join {L}."table" t on t.id = m.table_id
), said as (
  update {L}."table" t set phases = t.phases || '{"data": "begun"}'
  where t.id in (select table_id from given)
)
select id from made order by n
