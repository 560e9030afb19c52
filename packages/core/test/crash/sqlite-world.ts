import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SqliteDistributedLock, SqliteStateStore } from '@nebula-credential/storage-sqlite'
import { type Fault, FaultyStore } from '@nebula-credential/testing'
import {
  type BearerToken,
  type Context,
  type CredentialDescription,
  type CredentialId,
  CredentialManager,
  type GivenOf,
  type RefreshPolicy,
  rawKey,
} from '../../src/index.ts'
import { type Points, pointed } from './points.ts'
import { remoteAccount } from './remote-account.ts'

/** How the managers of a site behave. */
export interface SharedWorld {
  readonly policy?: Partial<RefreshPolicy>
  readonly lease?: { readonly ttlMs: number; readonly renewEveryMs: number }
  /** What the store of this one process does wrong. */
  readonly faults?: readonly Fault[]
}

/** What is asked of a manager that knows {@link remoteAccount}, and maybe more types. */
export interface SiteManager extends AsyncDisposable {
  as(context: Context): SiteView
}

export interface SiteView {
  createCredential(type: 'account', input: AccountInput): Promise<CredentialId<BearerToken>>
  getToken(id: CredentialId<BearerToken>): Promise<BearerToken>
  refreshCredential(id: CredentialId<BearerToken>): Promise<BearerToken>
  describe(id: CredentialId<BearerToken>): Promise<CredentialDescription>
}

type AccountInput = GivenOf<ReturnType<typeof remoteAccount>>

/** A place where managers meet, in this process and in others. */
export interface Site<World extends SharedWorld> {
  /** What workers run; it calls `serveWorld` with the same `open`. */
  readonly program: URL
  readonly world: World
  open(world: World, points: Points): Promise<SiteManager>
}

export interface SqliteWorld extends SharedWorld {
  readonly path: string
}

/** A site on a SQLite file of its own, which goes with the site. */
export function sqliteSite(): Site<SqliteWorld> & Disposable {
  const folder = mkdtempSync(join(tmpdir(), 'nebula-site-'))
  return {
    program: new URL('sqlite-worker.ts', import.meta.url),
    world: { path: join(folder, 'nebula.db') },
    open: openSqliteManager,
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  }
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
