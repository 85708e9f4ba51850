-- Columns with their base types: an alias type's system_type_id is its base's user_type_id.
-- Types of the CLR (hierarchyid, geometry, geography, the user's own) have no such base.
SELECT s.name AS schema_name,
       t.name AS table_name,
       c.name AS column_name,
       COALESCE(b.name, u.name) AS type_name,
       CASE WHEN u.is_user_defined = 1 THEN u.name END AS alias_name,
       u.is_assembly_type,
       u.is_user_defined,
       c.max_length,
       c.precision,
       c.scale,
       c.collation_name,
       c.is_nullable,
       c.is_identity,
       CONVERT(varchar(50), i.seed_value) AS seed_value,
       CONVERT(varchar(50), i.increment_value) AS increment_value,
       CONVERT(varchar(50), i.last_value) AS last_value,
       m.definition AS computed_definition,
       m.is_persisted,
       d.definition AS default_definition,
       c.is_masked,
       c.encryption_type,
       c.generated_always_type,
       c.is_hidden,
       c.is_column_set,
       CONVERT(nvarchar(4000), e.value) AS comment
  FROM sys.columns c
  JOIN sys.tables t ON t.object_id = c.object_id
  JOIN sys.schemas s ON s.schema_id = t.schema_id
  JOIN sys.types u ON u.user_type_id = c.user_type_id
  LEFT JOIN sys.types b ON b.user_type_id = c.system_type_id AND b.is_user_defined = 0
  LEFT JOIN sys.identity_columns i ON i.object_id = c.object_id AND i.column_id = c.column_id
  LEFT JOIN sys.computed_columns m ON m.object_id = c.object_id AND m.column_id = c.column_id
  LEFT JOIN sys.default_constraints d
    ON d.parent_object_id = c.object_id AND d.parent_column_id = c.column_id
  LEFT JOIN sys.extended_properties e
    ON e.class = 1 AND e.major_id = c.object_id AND e.minor_id = c.column_id
   AND e.name = N'MS_Description'
 WHERE t.is_ms_shipped = 0
 ORDER BY s.name, t.name, c.column_id
