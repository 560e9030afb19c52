-- Removes an entry from the outbox.
-- $1 tenant  $2 id  $3 attempt
-- Returns nothing.

DELETE FROM {schema}.outbox_entry WHERE tenant_id = $1 AND id = $2 AND attempt_id = $3
