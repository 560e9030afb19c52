// Generated from sql/*.sql by sql/generate.ts. Do not edit.

/** Statements by schema version: the first makes version 1. */
export const migrations: readonly string[] = [
  `-- Credentials, their labels, the store's header, leases, audit chains and the outbox.
-- Runs with search_path set to the store's schema. Instants are float8: epoch ms, exact as JavaScript has them.
-- Keys collate as "C": their order is that of their bytes, whatever the database's locale, and survives its upgrades.
-- What is NULL was not set.

CREATE TABLE header (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  version bigint NOT NULL,
  value text NOT NULL
);

-- Room on each page, so that a write that changes no indexed column touches no index.
CREATE TABLE credential (
  tenant_id text COLLATE "C" NOT NULL,
  id text COLLATE "C" NOT NULL,
  version bigint NOT NULL,
  type text COLLATE "C" NOT NULL,
  workflow_id text,
  user_id text,
  tags jsonb,
  shares jsonb,
  status text COLLATE "C" NOT NULL,
  state_version bigint NOT NULL,
  generation bigint NOT NULL,
  name text NOT NULL,
  labels jsonb,
  expires_at double precision,
  due_at double precision,
  details jsonb,
  created_at double precision NOT NULL,
  updated_at double precision NOT NULL,
  state bytea NOT NULL,
  PRIMARY KEY (tenant_id, id)
) WITH (fillfactor = 80);

-- One index for each order and filter that a list may ask for.
CREATE INDEX credential_by_type ON credential (type, tenant_id, id);
CREATE INDEX credential_by_status ON credential (status, tenant_id, id);
CREATE INDEX credential_by_type_and_status ON credential (type, status, tenant_id, id);
CREATE INDEX credential_by_due ON credential (due_at, tenant_id, id) WHERE due_at IS NOT NULL;
CREATE INDEX credential_by_status_and_due ON credential (status, due_at, tenant_id, id) WHERE due_at IS NOT NULL;
CREATE INDEX credential_by_tenant_and_due ON credential (tenant_id, due_at, id) WHERE due_at IS NOT NULL;

-- The labels of every credential once more, in the order in which they are searched. Triggers keep it, so that it
-- can never differ from the column. By digest, because an index entry has a limit that a label has not. The tenant is
-- in the digest, so that the planner knows how often a tenant's label occurs.
CREATE TABLE credential_label (
  digest bytea NOT NULL,
  id text COLLATE "C" NOT NULL,
  PRIMARY KEY (digest, id)
);

-- Lengths come first, so that no two labels share a digest.
CREATE FUNCTION label_digest(tenant_id text, name text, value text) RETURNS bytea
  LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
  AS $$
    SELECT sha256(convert_to(
      octet_length(tenant_id) || ':' || tenant_id || octet_length(name) || ':' || name || value, 'UTF8'))
  $$;

CREATE FUNCTION keep_credential_label() RETURNS trigger
  LANGUAGE plpgsql SET search_path FROM CURRENT
  AS $$
BEGIN
  IF TG_OP <> 'INSERT' THEN
    DELETE FROM credential_label AS indexed USING jsonb_each_text(OLD.labels) AS label
      WHERE indexed.digest = label_digest(OLD.tenant_id, label.key, label.value) AND indexed.id = OLD.id;
  END IF;
  IF TG_OP <> 'DELETE' THEN
    INSERT INTO credential_label (digest, id)
      SELECT label_digest(NEW.tenant_id, label.key, label.value), NEW.id FROM jsonb_each_text(NEW.labels) AS label;
  END IF;
  RETURN NULL;
END
$$;

CREATE TRIGGER credential_label_insert AFTER INSERT ON credential FOR EACH ROW
  WHEN (NEW.labels IS NOT NULL) EXECUTE FUNCTION keep_credential_label();
CREATE TRIGGER credential_label_update AFTER UPDATE OF labels ON credential FOR EACH ROW
  WHEN (OLD.labels IS DISTINCT FROM NEW.labels) EXECUTE FUNCTION keep_credential_label();
CREATE TRIGGER credential_label_delete AFTER DELETE ON credential FOR EACH ROW
  WHEN (OLD.labels IS NOT NULL) EXECUTE FUNCTION keep_credential_label();

-- Unlogged: a lease costs no disk write, and a crash of the server ends all of them. They spare work; what makes a
-- refresh safe is the intent in the record.
CREATE UNLOGGED TABLE lease (
  key text COLLATE "C" PRIMARY KEY,
  owner_token text NOT NULL,
  taken_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  expires_at timestamptz NOT NULL,
  -- Whether somebody waits, whom the release then wakes.
  awaited boolean NOT NULL DEFAULT false
);

CREATE TABLE audit_chain (
  chain_id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  name text COLLATE "C" NOT NULL UNIQUE,
  sequence bigint NOT NULL,
  hash text NOT NULL
);

CREATE TABLE audit_entry (
  chain_id bigint NOT NULL,
  sequence bigint NOT NULL,
  previous_hash text NOT NULL,
  hash text NOT NULL,
  key_id text NOT NULL,
  event text NOT NULL,
  PRIMARY KEY (chain_id, sequence)
);

CREATE TABLE outbox_entry (
  tenant_id text COLLATE "C" NOT NULL,
  id text COLLATE "C" NOT NULL,
  attempt_id text COLLATE "C" NOT NULL,
  generation bigint NOT NULL,
  sealed bytea NOT NULL,
  created_at double precision NOT NULL,
  PRIMARY KEY (tenant_id, id, attempt_id)
);
`,
]
