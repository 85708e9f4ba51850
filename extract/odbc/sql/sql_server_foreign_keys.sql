-- Foreign keys a column a row.
SELECT s.name AS schema_name,
       t.name AS table_name,
       f.name AS key_name,
       c.name AS column_name,
       ps.name AS parent_schema,
       p.name AS parent_table,
       pc.name AS parent_column,
       f.update_referential_action_desc AS on_update,
       f.delete_referential_action_desc AS on_delete,
       f.is_disabled,
       f.is_not_trusted
  FROM sys.foreign_keys f
  JOIN sys.tables t ON t.object_id = f.parent_object_id
  JOIN sys.schemas s ON s.schema_id = t.schema_id
  JOIN sys.tables p ON p.object_id = f.referenced_object_id
  JOIN sys.schemas ps ON ps.schema_id = p.schema_id
  JOIN sys.foreign_key_columns k ON k.constraint_object_id = f.object_id
  JOIN sys.columns c ON c.object_id = k.parent_object_id AND c.column_id = k.parent_column_id
  JOIN sys.columns pc
    ON pc.object_id = k.referenced_object_id AND pc.column_id = k.referenced_column_id
 ORDER BY s.name, t.name, f.name, k.constraint_column_id
