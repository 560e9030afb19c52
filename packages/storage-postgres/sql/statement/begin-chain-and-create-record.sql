-- Begins an audit chain and creates the record that the entries tell of; both or neither.
-- $1 to $9 see include/begun-chain.sql and include/entered-entries.sql  $10 to $28 the record, as record-codec.ts encodes it
-- Returns whether that was done, and true. A taken id breaks the primary key, and so undoes the statement.

WITH target AS (SELECT),
-- include begun-chain
-- include entered-entries
-- include audited-create
