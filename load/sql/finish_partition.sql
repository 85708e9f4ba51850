-- $1 id, $2 epoch, $3 JSON of the outcome, $4 owner.
update {L}.partition p
set state = 'done', lease = null, error = null, rows_read = o.rows_read,
    rows_written = o.rows_written, rows_rejected = o.rows_rejected, checksum = o.checksum,
    source_bytes = o.source_bytes, copy_bytes = o.copy_bytes, read_seconds = o.read_seconds,
    encode_seconds = o.encode_seconds, write_seconds = o.write_seconds,
    sub_checksums = o.sub_checksums, range = coalesce(o.range, p.range),
    remainder = p.remainder and o.range is null,
    finished_at = clock_timestamp(), xid = txid_current()
from json_to_record($3::json) as o(
  rows_read bigint, rows_written bigint, rows_rejected bigint, checksum text, source_bytes bigint,
  copy_bytes bigint, read_seconds float8, encode_seconds float8, write_seconds float8,
  sub_checksums json, range json)
where p.id = $1::bigint and p.epoch = $2::bigint and p.owner = $4::text and p.state = 'running'
returning p.id
