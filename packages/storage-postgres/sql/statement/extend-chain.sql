-- Extends an audit chain.
-- $1 to $9 see include/extended-chain.sql
-- Returns a row where that was done.

WITH target AS (SELECT),
-- include extended-chain
SELECT chain_id FROM moved
