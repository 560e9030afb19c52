-- Creates the store's header.
-- $1 value
-- Changes no row where there is one already.

INSERT INTO {schema}.header (version, value) VALUES (1, $1) ON CONFLICT DO NOTHING
