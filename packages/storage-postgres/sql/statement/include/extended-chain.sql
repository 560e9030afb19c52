-- Moves a chain's head, where there is a `target` and the head is as expected.
-- $1 chain  $2 $3 sequence and hash of its head  $9 the sequence that its head must have
moved AS (
  UPDATE {schema}.audit_chain SET sequence = $2, hash = $3
  WHERE name = $1 AND sequence = $9 AND EXISTS (SELECT FROM target) RETURNING chain_id
),
