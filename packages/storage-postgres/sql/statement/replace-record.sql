-- Replaces a record, by compare-and-set.
-- $1 to $19 the record, as record-codec.ts encodes it  $20 the version that it must have
-- Changes no row where it has another one.

UPDATE {schema}.credential SET
  version = $3, type = $4, workflow_id = $5, user_id = $6, tags = $7, shares = $8, status = $9, state_version = $10,
  generation = $11, name = $12, labels = $13, expires_at = $14, due_at = $15, details = $16, created_at = $17,
  updated_at = $18, state = $19
WHERE tenant_id = $1 AND id = $2 AND version = $20
