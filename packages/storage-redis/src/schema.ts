import { CredentialError } from '@nebula-credential/core'
import { claimSchema } from './generated/claim-schema.ts'
import type { RedisConnection } from './redis-connection.ts'

/** What the keys under a prefix mean; a release that changes it changes this. */
const schema = '1'

/**
 * Marks an unused key prefix with this release's schema.
 * @throws CredentialError SCHEMA_MISMATCH when it has another; STORAGE_UNAVAILABLE
 */
export async function assertSchema(connection: RedisConnection): Promise<void> {
  const found = String(await connection.run(claimSchema, [connection.keys.schema], [schema]))
  if (found === schema) return
  throw new CredentialError(
    'SCHEMA_MISMATCH',
    `${connection.name} has schema ${found} and this release of @nebula-credential/storage-redis reads schema ${schema}; use the release that wrote it, or another keyPrefix`,
  )
}
