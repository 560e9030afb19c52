import { FakeClock } from '@nebula-credential/testing'
import { onTestFinished } from 'vitest'
import {
  type Clock,
  CredentialManager,
  type EncryptionKeys,
  MemoryBackend,
  MemoryStateStore,
  type RefreshPolicy,
  rawKey,
  type StateStore,
} from '../src/index.ts'
import { accountOf, TokenServer } from './token-server.ts'

/** One raw key for all managers of a test. */
export const testKey = rawKey(Buffer.alloc(32, 7))

export interface WorldOptions {
  readonly lifetimeMs?: number
  readonly rotating?: boolean
  readonly policy?: Partial<RefreshPolicy>
  readonly clock?: Clock
}

/**
 * A token server, a store, and any number of managers on them, as so many processes would be. Time stands still
 * until the test moves it.
 */
export class World {
  readonly clock: FakeClock
  readonly backend: MemoryBackend
  readonly server: TokenServer
  readonly account: ReturnType<typeof accountOf>
  readonly #policy: Partial<RefreshPolicy>

  constructor(options: WorldOptions = {}) {
    this.clock = new FakeClock()
    this.backend = new MemoryBackend({ clock: this.clock })
    this.server = new TokenServer(options)
    this.account = accountOf(this.server, options)
    this.#policy = { dueJitterMs: 0, ...options.policy }
  }

  /** A further manager, with a process's memory of its own. */
  async manager(
    store: StateStore = new MemoryStateStore(this.backend),
    keys: EncryptionKeys = testKey,
  ): Promise<CredentialManager> {
    const manager = await CredentialManager.builder()
      .withStorage(store)
      .withEncryption(keys)
      .withCredentials(this.account)
      .withClock(this.clock)
      .withPolicy(this.#policy)
      .build()
    onTestFinished(() => this.#close(manager))
    return manager
  }

  /** Tokens that the server knows, as input of the credential type. */
  input() {
    return this.server.grant(this.clock.now())
  }

  /** A pending promise's outcome, with time moving on until it has one. */
  async settle<T>(pending: Promise<T>, stepMs = 50, limitMs = 200_000): Promise<T> {
    let done = false
    const watched = pending.finally(() => {
      done = true
    })
    watched.catch(() => undefined)
    for (let moved = 0; moved < limitMs; moved += stepMs) {
      await this.clock.advance(0)
      if (done) break
      await this.clock.advance(stepMs)
    }
    return watched
  }

  async #close(manager: CredentialManager): Promise<void> {
    await this.settle(manager.close()).catch(() => undefined)
  }
}
