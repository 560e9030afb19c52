-- Takes a lease that is free or has ended.
-- $1 key  $2 owner token  $3 how long it lasts, ms
-- Returns the owner token; no row where another one holds it.

INSERT INTO {schema}.lease AS lease (key, owner_token, expires_at)
VALUES ($1, $2, clock_timestamp() + $3::float8 * interval '1 millisecond')
ON CONFLICT (key) DO UPDATE SET owner_token = excluded.owner_token, taken_at = excluded.taken_at,
  expires_at = excluded.expires_at, awaited = false
WHERE lease.expires_at <= excluded.taken_at
RETURNING owner_token
