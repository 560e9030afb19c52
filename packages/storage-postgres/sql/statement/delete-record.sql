-- Deletes a record, by compare-and-set.
-- $1 tenant  $2 id  $3 the version that it must have
-- Changes no row where it has another one.

DELETE FROM {schema}.credential WHERE tenant_id = $1 AND id = $2 AND version = $3
