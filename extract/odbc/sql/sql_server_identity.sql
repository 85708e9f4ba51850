-- The identity column of one table, whose schema and name are put in as text literals.
SELECT CONVERT(varchar(50), i.seed_value) AS seed_value,
       CONVERT(varchar(50), i.increment_value) AS increment_value,
       CONVERT(varchar(50), i.last_value) AS last_value
  FROM sys.identity_columns i
  JOIN sys.tables t ON t.object_id = i.object_id
  JOIN sys.schemas s ON s.schema_id = t.schema_id
 WHERE s.name = {0} AND t.name = {1}
