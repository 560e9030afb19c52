-- Replaces a record's metadata, by compare-and-set.
-- $1 tenant  $2 id  $3 the version that it must have  $4 instant of the update  $5 to $9 the metadata, as record-codec.ts encodes them
-- Changes no row where it has another version.

UPDATE {schema}.credential SET version = version + 1, updated_at = $4,
  name = $5, labels = $6, expires_at = $7, due_at = $8, details = $9
WHERE tenant_id = $1 AND id = $2 AND version = $3
