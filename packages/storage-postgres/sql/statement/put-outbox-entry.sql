-- Puts an entry into the outbox, or replaces that of the same attempt.
-- $1 tenant  $2 id  $3 attempt  $4 generation  $5 sealed state  $6 instant
-- Returns nothing.

INSERT INTO {schema}.outbox_entry (tenant_id, id, attempt_id, generation, sealed, created_at)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (tenant_id, id, attempt_id) DO UPDATE
SET generation = excluded.generation, sealed = excluded.sealed, created_at = excluded.created_at
