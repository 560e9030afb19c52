import { randomInt } from 'node:crypto'
import {
  type AcquireOptions,
  CredentialError,
  type DistributedLock,
  type Lease,
  LeaseRenewal,
  type LeaseTiming,
} from '@nebula-credential/core'
import { Cluster, type Redis } from 'ioredis'
import { releaseLock } from './generated/release-lock.ts'
import { renewLock } from './generated/renew-lock.ts'
import { takeLock } from './generated/take-lock.ts'
import { leaseClock } from './lease-clock.ts'
import { acquireLock, type LockAttempt, tryAcquireLock } from './lock-acquisition.ts'
import { newOwnerToken } from './lock-claim.ts'
import { LockQueue } from './lock-queue.ts'
import { subscribeToMajority } from './majority-subscription.ts'
import { leaseTiming, type RedisLockOptions } from './options.ts'
import { RedisConnection } from './redis-connection.ts'
import { countVotes } from './vote.ts'

const fewestServers = 3
const defaultServerTimeoutMs = 500
const taken = -2
// Clocks that run at different speeds: 1 % of a lease, and the millisecond that Redis rounds to.
const driftFactor = 0.01
const driftMs = 2
// After a tie the rivals try again at different times.
const tieBreak = { fromMs: 20, toMs: 120 }

/**
 * A lock that a majority of independent Redis servers grants (the Redlock algorithm), so that it survives the loss of
 * the others. Opt-in: it costs one request to every server. `commandTimeoutMs` is what one server may take; default 500.
 *
 * Rejects with STORAGE_UNAVAILABLE while no majority can be reached. **A server that restarts without its data should
 * stay away for one `ttlMs`**, or a lease may be granted twice.
 */
export class RedlockQuorumLock implements DistributedLock {
  readonly #servers: readonly RedisConnection[]
  readonly #majority: number
  readonly #timing: LeaseTiming
  readonly #name: string
  readonly #queue: LockQueue
  readonly #closing = new AbortController()

  /**
   * @param clients Three or more, each for a server of its own that replicates nothing; or URLs
   * @throws CredentialError CONFIG_INVALID
   */
  constructor(clients: readonly (Redis | string)[], options: RedisLockOptions = {}) {
    this.#timing = leaseTiming(options)
    const bounded = { ...options, commandTimeoutMs: options.commandTimeoutMs ?? defaultServerTimeoutMs }
    assertIndependent(clients)
    this.#servers = clients.map(client => RedisConnection.usedBy(client, bounded))
    const names = this.#servers.map(({ name }) => name)
    if (new Set(names).size < names.length) {
      for (const server of this.#servers) server.leave()
      throw notIndependent('two have the same address')
    }
    this.#majority = Math.floor(clients.length / 2) + 1
    this.#name = `${clients.length} redis servers`
    this.#queue = new LockQueue(subscribeToMajority(this.#servers, this.#majority))
  }

  async acquire(key: string, options: AcquireOptions): Promise<Lease> {
    return await acquireLock(this.#attempt(key), options, this.#queue, this.#closing.signal)
  }

  async tryAcquire(key: string): Promise<Lease | undefined> {
    return await tryAcquireLock(this.#attempt(key), this.#closing.signal)
  }

  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return
    this.#closing.abort(new CredentialError('CLOSED', `The lock on ${this.#name} is closed; open a new one`))
    for (const server of this.#servers) server.leave()
  }

  #attempt(key: string): LockAttempt {
    const ownerToken = newOwnerToken()
    return {
      name: this.#name,
      channel: this.#servers[0]?.keys.lockReleases(key) as string,
      takeFree: async () => {
        const taken = await this.#take(key, ownerToken)
        return typeof taken === 'number' ? undefined : taken
      },
      take: () => this.#take(key, ownerToken),
      // Each server would have a successor of its own.
      accept: () => undefined,
      giveUp: () => this.#release(key, ownerToken, 'quietly'),
    }
  }

  /** The lease, or in how many milliseconds to try again. */
  async #take(key: string, ownerToken: string): Promise<Lease | number> {
    const startedAt = Date.now()
    let freeInMs = Number.POSITIVE_INFINITY
    const answers = this.#servers.map(async server => {
      const answer = Number(await runNow(server, takeLock, key, [ownerToken, this.#timing.ttlMs, '']))
      if (answer === taken) return true
      if (answer >= 0) freeInMs = Math.min(freeInMs, answer + 1)
      return false
    })
    const votes = await countVotes(answers, this.#majority)
    const validUntil = startedAt + this.#validMs
    if (votes.yes >= this.#majority && Date.now() < validUntil) return this.#lease(key, ownerToken, startedAt)
    await this.#release(key, ownerToken, 'quietly')
    this.#assertReachable(votes.failures)
    return votes.yes > 0 ? randomInt(tieBreak.fromMs, tieBreak.toMs) : freeInMs
  }

  get #validMs(): number {
    return this.#timing.ttlMs - Math.ceil(this.#timing.ttlMs * driftFactor) - driftMs
  }

  #lease(key: string, ownerToken: string, acquiredAt: number): Lease {
    return new LeaseRenewal({
      key,
      ownerToken,
      // This side believes a little less long than the servers do.
      timing: { ttlMs: this.#validMs, renewEveryMs: this.#timing.renewEveryMs },
      acquiredAt,
      renew: () => this.#renew(key, ownerToken),
      release: () => this.#release(key, ownerToken, 'aloud'),
      isClosed: () => this.#closing.signal.aborted,
      clock: leaseClock,
    })
  }

  async #renew(key: string, ownerToken: string): Promise<boolean> {
    const args = [ownerToken, this.#timing.ttlMs]
    const without: RedisConnection[] = []
    const answers = this.#servers.map(async server => {
      const renewed = (await runNow(server, renewLock, key, args)) === 1
      if (!renewed) without.push(server)
      return renewed
    })
    const votes = await countVotes(answers, this.#majority)
    if (votes.yes < this.#majority) {
      this.#assertReachable(votes.failures)
      return false
    }
    // Servers that were away when it was taken, or came back empty: while a majority stands, they may have it too.
    for (const server of without) runNow(server, takeLock, key, [...args, '']).catch(() => {})
    return true
  }

  /**
   * Quietly, when nobody can have waited for this: a tie must not wake the rivals at the same moment. Otherwise aloud
   * and unasked, because who waits may have asked when a server's lock was a rival's.
   */
  async #release(key: string, ownerToken: string, how: 'aloud' | 'quietly'): Promise<void> {
    const answers = this.#servers.map(async server => {
      const channel = how === 'aloud' ? server.keys.lockReleases(key) : ''
      await server.run(releaseLock, [server.keys.lock(key)], [ownerToken, channel, 'none'])
      return true
    })
    await countVotes(answers, this.#majority)
  }

  #assertReachable(failures: readonly unknown[]): void {
    const most = this.#servers.length - this.#majority
    if (failures.length <= most) return
    const reasons = failures.map(failure => (failure as Error).message).join(' ')
    throw new CredentialError(
      'STORAGE_UNAVAILABLE',
      `No majority of the lock servers: ${failures.length} of ${this.#servers.length} fail, at most ${most} may. ${reasons}`,
      { cause: failures[0] },
    )
  }
}

/** Runs a script at once or not at all: what waits for a server to come back would take its lock long after. */
async function runNow(
  server: RedisConnection,
  script: typeof takeLock,
  key: string,
  args: readonly (string | number)[],
): Promise<unknown> {
  server.assertConnectable()
  return await server.run(script, [server.keys.lock(key)], args)
}

/** @throws CredentialError CONFIG_INVALID */
function assertIndependent(clients: readonly (Redis | string)[]): void {
  if (clients.length < fewestServers) throw notIndependent(`${clients.length} are too few`)
  for (const client of clients as readonly unknown[]) {
    if (client instanceof Cluster) throw notIndependent('a cluster client is no independent server')
  }
}

function notIndependent(reason: string): CredentialError {
  return new CredentialError(
    'CONFIG_INVALID',
    `RedlockQuorumLock needs ${fewestServers} or more independent Redis servers, and ${reason}`,
  )
}
