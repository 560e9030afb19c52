-- Reads the heads of audit chains, in the order of their names.
-- $1 what their names begin with  $2 the name that they are behind  $3 limit
-- Returns chain, sequence, hash of each.

SELECT name, sequence, hash FROM {schema}.audit_chain
WHERE name ^@ $1 AND name > $2 ORDER BY name LIMIT $3
