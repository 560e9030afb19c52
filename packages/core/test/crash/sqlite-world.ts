import { SqliteDistributedLock, SqliteStateStore } from '@nebula-credential/storage-sqlite'
import { type Fault, FaultyStore } from '@nebula-credential/testing'
import { CredentialManager, type RefreshPolicy, rawKey } from '../../src/index.ts'
import { type Points, pointed } from './points.ts'
import { remoteAccount } from './remote-account.ts'

/** A SQLite file, and how managers on it behave. */
export interface SqliteWorld {
  readonly path: string
  readonly policy?: Partial<RefreshPolicy>
  readonly lease?: { readonly ttlMs: number; readonly renewEveryMs: number }
  /** What the store of this one process does wrong. */
  readonly faults?: readonly Fault[]
}

export const acme = { tenantId: 'acme', actor: 'worker' }

/** A manager of the world, whose every port call has its points. */
export function openSqliteManager(world: SqliteWorld, points: Points) {
  const store = new SqliteStateStore(world.path)
  const lock = new SqliteDistributedLock(world.path, world.lease)
  return CredentialManager.builder()
    .withStorage(pointed(new FaultyStore(store, world.faults), 'store', points))
    .withLock(pointed(lock, 'lock', points))
    .withOutbox(pointed(store.outbox(), 'outbox', points))
    .withAudit(pointed(store.audit(), 'audit', points))
    .withEncryption(rawKey(Buffer.alloc(32, 7)))
    .withCredentials(remoteAccount(points))
    .withPolicy({ dueJitterMs: 0, ...world.policy })
    .withContext(acme)
    .build()
}
