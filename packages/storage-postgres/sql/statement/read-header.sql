-- Reads the store's header.
-- Returns version and value; no row where there is none.

SELECT version, value FROM {schema}.header
