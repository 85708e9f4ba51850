-- $1 run, $2 JSON array. Ids come in the array's order.
with given as (
  select *, row_number() over () as n from json_to_recordset($2::json) as t(
    source_schema text, source_name text, schema text, name text, plan text,
    estimated_rows numeric, estimated_bytes numeric)
), made as (
  select nextval(pg_get_serial_sequence('{L}."table"', 'id')) as id, given.* from given
), put as (
  insert into {L}."table" (id, run_id, source_schema, source_name, schema, name, plan,
                           estimated_rows, estimated_bytes)
  select id, $1::text, source_schema, source_name, schema, name, plan::json,
         estimated_rows, estimated_bytes from made
)
select id from made order by n
