-- $1 run, $2 whether with the plans.
select t.id, t.source_schema, t.source_name, t.schema, t.name,
       case when $2::boolean then t.plan end, t.generation, t.phases, t.source_rows,
       t.verdict, t.verdict_detail, t.estimated_rows, t.estimated_bytes
from {L}."table" t where t.run_id = $1::text order by t.id
