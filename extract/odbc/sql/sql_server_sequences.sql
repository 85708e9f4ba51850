SELECT s.name AS schema_name,
       q.name AS sequence_name,
       CONVERT(varchar(50), q.start_value) AS start_value,
       CONVERT(varchar(50), q.increment) AS increment,
       CONVERT(varchar(50), q.minimum_value) AS minimum_value,
       CONVERT(varchar(50), q.maximum_value) AS maximum_value,
       CONVERT(varchar(50), q.current_value) AS current_value,
       q.cache_size,
       q.is_cycling
  FROM sys.sequences q
  JOIN sys.schemas s ON s.schema_id = q.schema_id
 ORDER BY s.name, q.name
