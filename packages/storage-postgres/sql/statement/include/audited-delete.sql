, changed AS (
  DELETE FROM {schema}.credential WHERE tenant_id = $10 AND id = $11 AND EXISTS (SELECT FROM moved)
)
SELECT EXISTS (SELECT FROM moved), EXISTS (SELECT FROM target)
