-- Extends an audit chain and replaces the record that the entries tell of; both or neither. The record's row is locked before
-- the chain's head is moved, and changed only where it was moved: under READ COMMITTED both conditions hold on what is newest.
-- $1 to $9 see include/extended-chain.sql and include/entered-entries.sql  $10 to $28 the record, as record-codec.ts encodes it  $29 the version that it must have
-- Returns whether that was done, and whether the record had that version.

WITH target AS (
  SELECT FROM {schema}.credential WHERE tenant_id = $10 AND id = $11 AND version = $29 FOR UPDATE
),
-- include extended-chain
-- include entered-entries
-- include audited-replace
