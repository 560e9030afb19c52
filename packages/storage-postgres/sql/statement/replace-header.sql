-- Replaces the store's header.
-- $1 value  $2 the version that it must have
-- Changes no row where it has another one.

UPDATE {schema}.header SET value = $1, version = version + 1 WHERE version = $2
