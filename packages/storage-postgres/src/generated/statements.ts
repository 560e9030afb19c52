// Generated from sql/statement/*.sql by sql/generate.ts. Do not edit.

/** Statements by name, in which `{schema}` stands for the schema's quoted name. */
export const statements = {
  beginChainAndCreateRecord: `WITH target AS (SELECT),
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
, changed AS (
  INSERT INTO {schema}.credential (tenant_id, id, version, type, workflow_id, user_id, tags, shares, status, state_version, generation, name, labels,
  expires_at, due_at, details, created_at, updated_at, state)
  SELECT $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28 FROM moved
)
SELECT EXISTS (SELECT FROM moved), true`,
  beginChainAndDeleteRecord: `WITH target AS (
  SELECT FROM {schema}.credential WHERE tenant_id = $10 AND id = $11 AND version = $12 FOR UPDATE
),
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
, changed AS (
  DELETE FROM {schema}.credential WHERE tenant_id = $10 AND id = $11 AND EXISTS (SELECT FROM moved)
)
SELECT EXISTS (SELECT FROM moved), EXISTS (SELECT FROM target)`,
  beginChainAndReplaceRecord: `WITH target AS (
  SELECT FROM {schema}.credential WHERE tenant_id = $10 AND id = $11 AND version = $29 FOR UPDATE
),
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
, changed AS (
  UPDATE {schema}.credential SET version = $12, type = $13, workflow_id = $14, user_id = $15, tags = $16, shares = $17,
    status = $18, state_version = $19, generation = $20, name = $21, labels = $22, expires_at = $23, due_at = $24,
    details = $25, created_at = $26, updated_at = $27, state = $28
  WHERE tenant_id = $10 AND id = $11 AND EXISTS (SELECT FROM moved)
)
SELECT EXISTS (SELECT FROM moved), EXISTS (SELECT FROM target)`,
  beginChain: `WITH target AS (SELECT),
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
SELECT chain_id FROM moved`,
  createHeader: `INSERT INTO {schema}.header (version, value) VALUES (1, $1) ON CONFLICT DO NOTHING`,
  createRecord: `INSERT INTO {schema}.credential (tenant_id, id, version, type, workflow_id, user_id, tags, shares, status, state_version, generation, name, labels,
  expires_at, due_at, details, created_at, updated_at, state)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)
ON CONFLICT DO NOTHING`,
  deleteRecord: `DELETE FROM {schema}.credential WHERE tenant_id = $1 AND id = $2 AND version = $3`,
  extendChainAndCreateRecord: `WITH target AS (SELECT),
moved AS (
  UPDATE {schema}.audit_chain SET sequence = $2, hash = $3
  WHERE name = $1 AND sequence = $9 AND EXISTS (SELECT FROM target) RETURNING chain_id
),
entered AS (
  INSERT INTO {schema}.audit_entry (chain_id, sequence, previous_hash, hash, key_id, event)
  SELECT moved.chain_id, entry.*
  FROM moved, unnest($4::bigint[], $5::text[], $6::text[], $7::text[], $8::text[]) AS entry
)
, changed AS (
  INSERT INTO {schema}.credential (tenant_id, id, version, type, workflow_id, user_id, tags, shares, status, state_version, generation, name, labels,
  expires_at, due_at, details, created_at, updated_at, state)
  SELECT $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28 FROM moved
)
SELECT EXISTS (SELECT FROM moved), true`,
  extendChainAndDeleteRecord: `WITH target AS (
  SELECT FROM {schema}.credential WHERE tenant_id = $10 AND id = $11 AND version = $12 FOR UPDATE
),
moved AS (
  UPDATE {schema}.audit_chain SET sequence = $2, hash = $3
  WHERE name = $1 AND sequence = $9 AND EXISTS (SELECT FROM target) RETURNING chain_id
),
entered AS (
  INSERT INTO {schema}.audit_entry (chain_id, sequence, previous_hash, hash, key_id, event)
  SELECT moved.chain_id, entry.*
  FROM moved, unnest($4::bigint[], $5::text[], $6::text[], $7::text[], $8::text[]) AS entry
)
, changed AS (
  DELETE FROM {schema}.credential WHERE tenant_id = $10 AND id = $11 AND EXISTS (SELECT FROM moved)
)
SELECT EXISTS (SELECT FROM moved), EXISTS (SELECT FROM target)`,
  extendChainAndReplaceRecord: `WITH target AS (
  SELECT FROM {schema}.credential WHERE tenant_id = $10 AND id = $11 AND version = $29 FOR UPDATE
),
moved AS (
  UPDATE {schema}.audit_chain SET sequence = $2, hash = $3
  WHERE name = $1 AND sequence = $9 AND EXISTS (SELECT FROM target) RETURNING chain_id
),
entered AS (
  INSERT INTO {schema}.audit_entry (chain_id, sequence, previous_hash, hash, key_id, event)
  SELECT moved.chain_id, entry.*
  FROM moved, unnest($4::bigint[], $5::text[], $6::text[], $7::text[], $8::text[]) AS entry
)
, changed AS (
  UPDATE {schema}.credential SET version = $12, type = $13, workflow_id = $14, user_id = $15, tags = $16, shares = $17,
    status = $18, state_version = $19, generation = $20, name = $21, labels = $22, expires_at = $23, due_at = $24,
    details = $25, created_at = $26, updated_at = $27, state = $28
  WHERE tenant_id = $10 AND id = $11 AND EXISTS (SELECT FROM moved)
)
SELECT EXISTS (SELECT FROM moved), EXISTS (SELECT FROM target)`,
  extendChain: `WITH target AS (SELECT),
moved AS (
  UPDATE {schema}.audit_chain SET sequence = $2, hash = $3
  WHERE name = $1 AND sequence = $9 AND EXISTS (SELECT FROM target) RETURNING chain_id
),
entered AS (
  INSERT INTO {schema}.audit_entry (chain_id, sequence, previous_hash, hash, key_id, event)
  SELECT moved.chain_id, entry.*
  FROM moved, unnest($4::bigint[], $5::text[], $6::text[], $7::text[], $8::text[]) AS entry
)
SELECT chain_id FROM moved`,
  getRecord: `SELECT tenant_id, id, version, type, workflow_id, user_id, tags, shares, status, state_version, generation, name, labels,
  expires_at, due_at, details, created_at, updated_at, encode(state, 'base64')
FROM {schema}.credential WHERE tenant_id = $1 AND id = $2`,
  listChainHeads: `SELECT name, sequence, hash FROM {schema}.audit_chain
WHERE name ^@ $1 AND name > $2 ORDER BY name LIMIT $3`,
  listOutboxEntries: `SELECT attempt_id, generation, encode(sealed, 'base64'), created_at
FROM {schema}.outbox_entry WHERE tenant_id = $1 AND id = $2 ORDER BY created_at, attempt_id`,
  putOutboxEntry: `INSERT INTO {schema}.outbox_entry (tenant_id, id, attempt_id, generation, sealed, created_at)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (tenant_id, id, attempt_id) DO UPDATE
SET generation = excluded.generation, sealed = excluded.sealed, created_at = excluded.created_at`,
  readAuditEntries: `SELECT entry.sequence, entry.previous_hash, entry.hash, entry.key_id, entry.event
FROM {schema}.audit_entry AS entry
WHERE entry.chain_id = (SELECT chain_id FROM {schema}.audit_chain WHERE name = $1) AND entry.sequence >= $2
ORDER BY entry.sequence LIMIT $3`,
  readChainHead: `SELECT name, sequence, hash FROM {schema}.audit_chain WHERE name = $1`,
  readHeader: `SELECT version, value FROM {schema}.header`,
  releaseLease: `WITH released AS (
  DELETE FROM {schema}.lease WHERE key = $1 AND owner_token = $2 RETURNING awaited
)
SELECT pg_notify($3, $4) FROM released WHERE awaited`,
  removeOutboxEntry: `DELETE FROM {schema}.outbox_entry WHERE tenant_id = $1 AND id = $2 AND attempt_id = $3`,
  renewLease: `UPDATE {schema}.lease SET expires_at = clock_timestamp() + $3::float8 * interval '1 millisecond'
WHERE key = $1 AND owner_token = $2 AND expires_at > clock_timestamp()`,
  replaceHeader: `UPDATE {schema}.header SET value = $1, version = version + 1 WHERE version = $2`,
  replaceRecord: `UPDATE {schema}.credential SET
  version = $3, type = $4, workflow_id = $5, user_id = $6, tags = $7, shares = $8, status = $9, state_version = $10,
  generation = $11, name = $12, labels = $13, expires_at = $14, due_at = $15, details = $16, created_at = $17,
  updated_at = $18, state = $19
WHERE tenant_id = $1 AND id = $2 AND version = $20`,
  takeLease: `INSERT INTO {schema}.lease AS lease (key, owner_token, expires_at)
VALUES ($1, $2, clock_timestamp() + $3::float8 * interval '1 millisecond')
ON CONFLICT (key) DO UPDATE SET owner_token = excluded.owner_token, taken_at = excluded.taken_at,
  expires_at = excluded.expires_at, awaited = false
WHERE lease.expires_at <= excluded.taken_at
RETURNING owner_token`,
  takeOrAwaitLease: `INSERT INTO {schema}.lease AS lease (key, owner_token, expires_at)
VALUES ($1, $2, clock_timestamp() + $3::float8 * interval '1 millisecond')
ON CONFLICT (key) DO UPDATE SET
  owner_token = CASE WHEN lease.expires_at <= excluded.taken_at THEN excluded.owner_token ELSE lease.owner_token END,
  taken_at = CASE WHEN lease.expires_at <= excluded.taken_at THEN excluded.taken_at ELSE lease.taken_at END,
  expires_at = CASE WHEN lease.expires_at <= excluded.taken_at THEN excluded.expires_at ELSE lease.expires_at END,
  awaited = lease.expires_at > excluded.taken_at
RETURNING owner_token, extract(epoch FROM
  least(expires_at, clock_timestamp() + $3::float8 * interval '1 millisecond') - clock_timestamp()) * 1000`,
  updateMetadata: `UPDATE {schema}.credential SET version = version + 1, updated_at = $4,
  name = $5, labels = $6, expires_at = $7, due_at = $8, details = $9
WHERE tenant_id = $1 AND id = $2 AND version = $3`,
} as const
