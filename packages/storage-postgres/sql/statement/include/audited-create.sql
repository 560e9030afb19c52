, changed AS (
  INSERT INTO {schema}.credential (tenant_id, id, version, type, workflow_id, user_id, tags, shares, status, state_version, generation, name, labels,
  expires_at, due_at, details, created_at, updated_at, state)
  SELECT $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28 FROM moved
)
SELECT EXISTS (SELECT FROM moved), true
