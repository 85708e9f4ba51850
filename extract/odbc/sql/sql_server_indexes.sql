-- Indexes a column a row, key columns first. type: 1 clustered, 2 nonclustered, 3 XML, 4 spatial,
-- 5 and 6 columnstore, 7 hash. Heaps (0) and hypothetical indexes are none.
SELECT s.name AS schema_name,
       t.name AS table_name,
       i.name AS index_name,
       i.type AS index_type,
       i.is_unique,
       i.is_primary_key,
       i.is_disabled,
       i.has_filter,
       i.filter_definition,
       c.name AS column_name,
       x.is_included_column,
       x.is_descending_key
  FROM sys.indexes i
  JOIN sys.tables t ON t.object_id = i.object_id
  JOIN sys.schemas s ON s.schema_id = t.schema_id
  JOIN sys.index_columns x ON x.object_id = i.object_id AND x.index_id = i.index_id
  JOIN sys.columns c ON c.object_id = x.object_id AND c.column_id = x.column_id
 WHERE t.is_ms_shipped = 0 AND i.type > 0 AND i.is_hypothetical = 0
 ORDER BY s.name, t.name, i.index_id, x.is_included_column, x.key_ordinal, x.index_column_id
