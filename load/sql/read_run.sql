select id, fingerprint, target_schemas, input_hash, input, options, snapshot, seed, version, state,
       to_char(started_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
       to_char(finished_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), amendments, outcome
from {L}.run
