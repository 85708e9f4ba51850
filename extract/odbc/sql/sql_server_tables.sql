-- User tables with what decides how they are read. dropped_ledger and ms_shipped objects are not
-- the user's.
SELECT s.name AS schema_name,
       t.name AS table_name,
       t.temporal_type,
       t.is_memory_optimized,
       t.is_external,
       t.is_filetable,
       (SELECT SUM(p.rows)
          FROM sys.partitions p
         WHERE p.object_id = t.object_id AND p.index_id IN (0, 1)) AS row_count,
       (SELECT SUM(a.used_pages) * 8192
          FROM sys.partitions p
          JOIN sys.allocation_units a ON a.container_id IN (p.partition_id, p.hobt_id)
         WHERE p.object_id = t.object_id AND p.index_id IN (0, 1)) AS used_bytes,
       (SELECT COUNT(DISTINCT p.partition_number)
          FROM sys.partitions p
         WHERE p.object_id = t.object_id AND p.index_id IN (0, 1)) AS partition_count,
       CONVERT(nvarchar(4000), e.value) AS comment
  FROM sys.tables t
  JOIN sys.schemas s ON s.schema_id = t.schema_id
  LEFT JOIN sys.extended_properties e
    ON e.class = 1 AND e.major_id = t.object_id AND e.minor_id = 0 AND e.name = N'MS_Description'
 WHERE t.is_ms_shipped = 0
 ORDER BY s.name, t.name
