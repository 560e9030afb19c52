-- Moves a chain's head and inserts entries, where there is a `target` and the head is as expected.
-- $1 chain  $2 $3 sequence and hash of its head  $4 to $8 the columns of the entries, as arrays  $9 the sequence that its head must have
moved AS (
  UPDATE {schema}.audit_chain SET sequence = $2, hash = $3
  WHERE name = $1 AND sequence = $9 AND EXISTS (SELECT FROM target) RETURNING chain_id
),
entered AS (
  INSERT INTO {schema}.audit_entry (chain_id, sequence, previous_hash, hash, key_id, event)
  SELECT moved.chain_id, entry.*
  FROM moved, unnest($4::bigint[], $5::text[], $6::text[], $7::text[], $8::text[]) AS entry
)
