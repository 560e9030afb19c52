-- Reads the head of an audit chain.
-- $1 chain
-- Returns chain, sequence, hash; no row where there is none.

SELECT name, sequence, hash FROM {schema}.audit_chain WHERE name = $1
