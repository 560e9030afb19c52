-- Takes a lease that is free or has ended; marks one that is held as awaited, so that its release notifies.
-- $1 key  $2 owner token  $3 how long it lasts, ms
-- Returns the token of who holds it now, and in how many ms to look again: when it ends, or, as an end beyond any lease
-- of ours is one of a clock that was wrong, when ours would have ended.

INSERT INTO {schema}.lease AS lease (key, owner_token, expires_at)
VALUES ($1, $2, clock_timestamp() + $3::float8 * interval '1 millisecond')
ON CONFLICT (key) DO UPDATE SET
  owner_token = CASE WHEN lease.expires_at <= excluded.taken_at THEN excluded.owner_token ELSE lease.owner_token END,
  taken_at = CASE WHEN lease.expires_at <= excluded.taken_at THEN excluded.taken_at ELSE lease.taken_at END,
  expires_at = CASE WHEN lease.expires_at <= excluded.taken_at THEN excluded.expires_at ELSE lease.expires_at END,
  awaited = lease.expires_at > excluded.taken_at
RETURNING owner_token, extract(epoch FROM
  least(expires_at, clock_timestamp() + $3::float8 * interval '1 millisecond') - clock_timestamp()) * 1000
