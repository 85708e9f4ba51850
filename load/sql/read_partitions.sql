select p.id, p.table_id, p.number, p.range, p.remainder, p.state, p.attempts, p.owner, p.epoch,
       p.rows_read, p.rows_written, p.rows_rejected, p.checksum, p.source_bytes, p.copy_bytes,
       p.estimated_bytes,
       extract(epoch from coalesce(p.finished_at, clock_timestamp()) - p.started_at),
       to_char(p.started_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
       to_char(p.finished_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
       p.error, p.sub_checksums
from {L}.partition p
