SELECT s.name AS schema_name,
       t.name AS table_name,
       k.name AS check_name,
       k.definition,
       k.is_disabled,
       k.is_not_trusted
  FROM sys.check_constraints k
  JOIN sys.tables t ON t.object_id = k.parent_object_id
  JOIN sys.schemas s ON s.schema_id = t.schema_id
 ORDER BY s.name, t.name, k.name
