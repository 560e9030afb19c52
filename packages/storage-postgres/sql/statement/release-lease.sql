-- Releases a lease that its owner still holds, and notifies where somebody waits for it.
-- $1 key  $2 owner token  $3 channel  $4 payload
-- Returns nothing that is read.

WITH released AS (
  DELETE FROM {schema}.lease WHERE key = $1 AND owner_token = $2 RETURNING awaited
)
SELECT pg_notify($3, $4) FROM released WHERE awaited
