-- Reads entries of an audit chain.
-- $1 chain  $2 the first sequence  $3 limit
-- Returns sequence, previous hash, hash, key id, event of each.

SELECT entry.sequence, entry.previous_hash, entry.hash, entry.key_id, entry.event
FROM {schema}.audit_entry AS entry
WHERE entry.chain_id = (SELECT chain_id FROM {schema}.audit_chain WHERE name = $1) AND entry.sequence >= $2
ORDER BY entry.sequence LIMIT $3
