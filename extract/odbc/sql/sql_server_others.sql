-- What is there and is not carried over, with its definition where the user may see it.
SELECT s.name AS schema_name,
       o.name AS object_name,
       o.type AS object_type,
       m.definition
  FROM sys.objects o
  JOIN sys.schemas s ON s.schema_id = o.schema_id
  LEFT JOIN sys.sql_modules m ON m.object_id = o.object_id
 WHERE o.is_ms_shipped = 0
   AND o.type IN ('V', 'P', 'PC', 'FN', 'IF', 'TF', 'FS', 'FT', 'TR', 'TA', 'SN', 'R', 'D')
   AND NOT (o.type = 'D' AND o.parent_object_id <> 0)
UNION ALL
SELECT s.name, p.name, 'SP', NULL
  FROM sys.security_policies p
  JOIN sys.schemas s ON s.schema_id = p.schema_id
 WHERE p.is_enabled = 1
 ORDER BY 3, 1, 2
