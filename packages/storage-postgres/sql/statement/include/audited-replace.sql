, changed AS (
  UPDATE {schema}.credential SET version = $12, type = $13, workflow_id = $14, user_id = $15, tags = $16, shares = $17,
    status = $18, state_version = $19, generation = $20, name = $21, labels = $22, expires_at = $23, due_at = $24,
    details = $25, created_at = $26, updated_at = $27, state = $28
  WHERE tenant_id = $10 AND id = $11 AND EXISTS (SELECT FROM moved)
)
SELECT EXISTS (SELECT FROM moved), EXISTS (SELECT FROM target)
