-- Creates a record.
-- $1 to $19 the record, as record-codec.ts encodes it
-- Changes no row where its id is taken.

INSERT INTO {schema}.credential (tenant_id, id, version, type, workflow_id, user_id, tags, shares, status, state_version, generation, name, labels,
  expires_at, due_at, details, created_at, updated_at, state)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)
ON CONFLICT DO NOTHING
