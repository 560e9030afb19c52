-- Reads the entries of a credential, the oldest first.
-- $1 tenant  $2 id
-- Returns attempt, generation, sealed state as base64, instant.

SELECT attempt_id, generation, encode(sealed, 'base64'), created_at
FROM {schema}.outbox_entry WHERE tenant_id = $1 AND id = $2 ORDER BY created_at, attempt_id
