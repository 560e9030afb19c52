-- Prolongs a lease that its owner still holds.
-- $1 key  $2 owner token  $3 how long it lasts from now, ms
-- Changes no row where it has ended or is another's.

UPDATE {schema}.lease SET expires_at = clock_timestamp() + $3::float8 * interval '1 millisecond'
WHERE key = $1 AND owner_token = $2 AND expires_at > clock_timestamp()
