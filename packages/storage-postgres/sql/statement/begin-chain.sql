-- Begins an audit chain.
-- $1 to $9 see include/begun-chain.sql and include/entered-entries.sql
-- Returns a row where that was done.

WITH target AS (SELECT),
-- include begun-chain
-- include entered-entries
SELECT chain_id FROM moved
