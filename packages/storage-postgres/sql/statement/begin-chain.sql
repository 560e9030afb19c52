-- Begins an audit chain.
-- $1 to $9 see include/begun-chain.sql
-- Returns a row where that was done.

WITH target AS (SELECT),
-- include begun-chain
SELECT chain_id FROM moved
