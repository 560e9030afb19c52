-- Begins a chain, where there is a `target` and no such chain yet.
-- $1 chain  $2 $3 sequence and hash of its head  $9 0
moved AS (
  INSERT INTO {schema}.audit_chain (name, sequence, hash)
  SELECT $1::text, $2::bigint, $3::text WHERE $9::bigint = 0 AND EXISTS (SELECT FROM target)
  ON CONFLICT (name) DO NOTHING RETURNING chain_id
),
