-- Extends an audit chain.
-- $1 to $9 see include/extended-chain.sql and include/entered-entries.sql
-- Returns a row where that was done.

WITH target AS (SELECT),
-- include extended-chain
-- include entered-entries
SELECT chain_id FROM moved
