-- Inserts the entries of a chain whose head was moved.
-- $4 to $8 the columns of the entries, as arrays
entered AS (
  INSERT INTO {schema}.audit_entry (chain_id, sequence, previous_hash, hash, key_id, event)
  SELECT moved.chain_id, entry.*
  FROM moved, unnest($4::bigint[], $5::text[], $6::text[], $7::text[], $8::text[]) AS entry
)
