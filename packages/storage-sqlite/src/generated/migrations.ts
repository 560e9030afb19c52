// Generated from sql/*.sql by sql/generate.ts. Do not edit.

/** Statements by schema version: the first makes version 1. */
export const migrations: readonly string[] = [
  `-- Credentials, their labels, the store's header, leases and audit chains.
-- Instants are REAL: epoch ms, exact as JavaScript has them. What is NULL was not set.

CREATE TABLE header (
  only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
  version INTEGER NOT NULL,
  value TEXT NOT NULL
) STRICT;

-- A rowid table: rows of 1 KiB read 2.8 times slower from a WITHOUT ROWID table.
-- The sealed state comes last, so that lists do not read it.
CREATE TABLE credential (
  row_id INTEGER PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  id TEXT NOT NULL,
  version INTEGER NOT NULL,
  type TEXT NOT NULL,
  workflow_id TEXT,
  user_id TEXT,
  tags TEXT,
  shares TEXT,
  status TEXT NOT NULL,
  state_version INTEGER NOT NULL,
  generation INTEGER NOT NULL,
  name TEXT NOT NULL,
  labels TEXT,
  expires_at REAL,
  due_at REAL,
  details TEXT,
  created_at REAL NOT NULL,
  updated_at REAL NOT NULL,
  state BLOB NOT NULL
) STRICT;

-- One index for each order and filter that a list may ask for; list-query.ts names the one it uses.
CREATE UNIQUE INDEX credential_by_id ON credential (tenant_id, id);
CREATE INDEX credential_by_type ON credential (type, tenant_id, id);
CREATE INDEX credential_by_status ON credential (status, tenant_id, id);
CREATE INDEX credential_by_type_and_status ON credential (type, status, tenant_id, id);
CREATE INDEX credential_by_due ON credential (due_at, tenant_id, id) WHERE due_at IS NOT NULL;
CREATE INDEX credential_by_status_and_due ON credential (status, due_at, tenant_id, id) WHERE due_at IS NOT NULL;
CREATE INDEX credential_by_tenant_and_due ON credential (tenant_id, due_at, id) WHERE due_at IS NOT NULL;

-- The labels of every credential once more, in the order in which they are searched. Triggers keep it, so that it
-- can never differ from the column.
CREATE TABLE credential_label (
  tenant_id TEXT NOT NULL,
  name TEXT NOT NULL,
  value TEXT NOT NULL,
  id TEXT NOT NULL,
  PRIMARY KEY (tenant_id, name, value, id)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER credential_label_insert AFTER INSERT ON credential WHEN new.labels IS NOT NULL
BEGIN
  INSERT INTO credential_label (tenant_id, name, value, id)
    SELECT new.tenant_id, label.key, label.value, new.id FROM json_each(new.labels) AS label;
END;

CREATE TRIGGER credential_label_update AFTER UPDATE OF labels ON credential WHEN old.labels IS NOT new.labels
BEGIN
  DELETE FROM credential_label
    WHERE tenant_id = old.tenant_id AND id = old.id
      AND (name, value) IN (SELECT label.key, label.value FROM json_each(coalesce(old.labels, '{}')) AS label);
  INSERT INTO credential_label (tenant_id, name, value, id)
    SELECT new.tenant_id, label.key, label.value, new.id FROM json_each(coalesce(new.labels, '{}')) AS label;
END;

CREATE TRIGGER credential_label_delete AFTER DELETE ON credential WHEN old.labels IS NOT NULL
BEGIN
  DELETE FROM credential_label
    WHERE tenant_id = old.tenant_id AND id = old.id
      AND (name, value) IN (SELECT label.key, label.value FROM json_each(old.labels) AS label);
END;

CREATE TABLE lease (
  key TEXT PRIMARY KEY,
  owner_token TEXT NOT NULL,
  expires_at REAL NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE audit_chain (
  chain_id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  sequence INTEGER NOT NULL,
  hash TEXT NOT NULL
) STRICT;

CREATE TABLE audit_entry (
  entry_id INTEGER PRIMARY KEY,
  chain_id INTEGER NOT NULL,
  sequence INTEGER NOT NULL,
  previous_hash TEXT NOT NULL,
  hash TEXT NOT NULL,
  key_id TEXT NOT NULL,
  event TEXT NOT NULL
) STRICT;

CREATE UNIQUE INDEX audit_entry_by_sequence ON audit_entry (chain_id, sequence);
`,
]
