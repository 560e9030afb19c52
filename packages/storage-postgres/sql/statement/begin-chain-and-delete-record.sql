-- Begins an audit chain and deletes the record that the entries tell of; both or neither, as for a replace.
-- $1 to $9 see include/begun-chain.sql and include/entered-entries.sql  $10 tenant  $11 id  $12 the version that it must have
-- Returns whether that was done, and whether the record had that version.

WITH target AS (
  SELECT FROM {schema}.credential WHERE tenant_id = $10 AND id = $11 AND version = $12 FOR UPDATE
),
-- include begun-chain
-- include entered-entries
-- include audited-delete
