-- Reads a record.
-- $1 tenant  $2 id
-- Returns its columns as record-codec.ts decodes them; the state as base64, which is shorter than the driver's own text form.

SELECT tenant_id, id, version, type, workflow_id, user_id, tags, shares, status, state_version, generation, name, labels,
  expires_at, due_at, details, created_at, updated_at, encode(state, 'base64')
FROM {schema}.credential WHERE tenant_id = $1 AND id = $2
