-- Begins a chain and inserts its entries, where there is a `target` and no such chain yet.
-- $1 chain  $2 $3 sequence and hash of its head  $4 to $8 the columns of the entries, as arrays  $9 0
moved AS (
  INSERT INTO {schema}.audit_chain (name, sequence, hash)
  SELECT $1::text, $2::bigint, $3::text WHERE $9::bigint = 0 AND EXISTS (SELECT FROM target)
  ON CONFLICT (name) DO NOTHING RETURNING chain_id
),
entered AS (
  INSERT INTO {schema}.audit_entry (chain_id, sequence, previous_hash, hash, key_id, event)
  SELECT moved.chain_id, entry.*
  FROM moved, unnest($4::bigint[], $5::text[], $6::text[], $7::text[], $8::text[]) AS entry
)
