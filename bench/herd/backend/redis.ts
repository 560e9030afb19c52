import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CredentialManager } from '@nebula-credential/core'
import { RedisStateStore } from '@nebula-credential/storage-redis'
import { SqliteAuditSink } from '@nebula-credential/storage-sqlite'
import { RedisServer } from '../../../tools/services/redis-server.ts'
import type { Backend } from './backend.ts'

// One server for all herds of this program, and a prefix for each. Its guardian ends it with the program.
let server: Promise<RedisServer> | undefined

/** State, lock, outbox and invalidation in Redis; the audit, which Redis has no sink for, in an SQLite file. */
export const redis: Backend = {
  async open() {
    server ??= RedisServer.start()
    const { url } = await server
    const folder = await mkdtemp(join(tmpdir(), 'nebula-herd-'))
    const keyPrefix = `herd-${randomBytes(6).toString('hex')}`
    return {
      location: JSON.stringify({ url, keyPrefix, audit: join(folder, 'audit.db') }),
      close: () => rm(folder, { recursive: true }),
    }
  },
  connect(location) {
    const { url, keyPrefix, audit } = JSON.parse(location) as Record<'url' | 'keyPrefix' | 'audit', string>
    return CredentialManager.builder()
      .withStorage(new RedisStateStore(url, { keyPrefix }))
      .withAudit(new SqliteAuditSink(audit))
  },
}
