import { setTimeout as sleep } from 'node:timers/promises'
import type { Fault } from '@nebula-credential/testing'
import {
  type BearerToken,
  type CredentialId,
  isCredentialError,
  type RefreshPolicy,
} from '../../src/index.ts'
import { Points } from './points.ts'
import { acme, type SharedWorld, type Site, type SiteManager } from './sqlite-world.ts'
import { type Family, type FamilyOptions, StrictTokenServer } from './strict-token-server.ts'
import { WorkerProcess } from './worker-process.ts'

/** A way that a refresh can go, and what a death at any of its points must lead to. */
export interface CrashScenario {
  readonly family?: FamilyOptions
  /** How much of its lifetime the token has left, in milliseconds. Default: it has ended. */
  readonly leftMs?: number
  /** What the store of the process does wrong. */
  readonly faults?: readonly Fault[]
  /** How a process that came before has died. */
  readonly before?: { readonly at: string; readonly faults?: readonly Fault[] }
  /** What the provider does wrong while the process lives. */
  disturb?(family: Family): void
  /** The first point of interest: those before it are another scenario's. Default: the first. */
  readonly from?: string
  /** Which of its points to die at. Default: at every one. */
  isOfInterest?(point: string): boolean
  /** Whether to die also while the manager closes its ports. Default false. */
  readonly closing?: boolean
  /** What must be seen after a death at a point. */
  promised(point: string): Outcome | readonly Outcome[]
}

export type Outcome =
  /** A token that the provider accepts, no `invalid_grant`, and the grant goes on. */
  | 'token'
  /** The one unavoidable loss: REAUTHORIZATION_REQUIRED, cause `rotation_lost`, after a single `invalid_grant`. */
  | 'rotation_lost'
  /** The same, but a token that is still valid was served before. */
  | 'token, then rotation_lost'
  /** REAUTHORIZATION_REQUIRED, cause `rejected`. */
  | 'rejected'

export interface CrashRow {
  readonly point: string
  readonly promised: string
  readonly seen: string
  readonly requests: number
  readonly invalidGrants: number
  readonly tookMs: number
}

// Short, so that a matrix is quick; long enough for a busy machine.
const lease = { ttlMs: 1_000, renewEveryMs: 300 }
const policy: Partial<RefreshPolicy> = {
  rotatingRequestMs: 2_000,
  intentMarginMs: 300,
  intentPollMs: 20,
  lockWaitMs: 4_000,
  callerWaitMs: 8_000,
  retryPauseMs: 10,
  coolOffMs: 20,
}
const intentMs = 2_300
/** How long a caller may be kept after a death: until the lease and the intent have ended, on a busy machine. */
const patienceMs = lease.ttlMs + intentMs + 20_000

/** Kills a process at every point of every scenario, so many at once, and lets another take over. */
export async function crashAtEveryPoint<World extends SharedWorld>(
  site: Site<World>,
  scenarios: Readonly<Record<string, CrashScenario>>,
  parallel: number,
): Promise<ReadonlyMap<string, readonly CrashRow[]>> {
  await using server = await StrictTokenServer.start()
  const timed = { ...site, world: { ...site.world, lease, policy } }
  await using manager = await site.open(timed.world, new Points(() => {}))
  const rows = new Map<string, CrashRow[]>()
  // One by one, because processes that write the same audit chain at once meet, and take further steps.
  const listed = await inLanes(1, Object.entries(scenarios), async ([name, scenario]) => {
    const matrix = new CrashMatrix(scenario, timed, server, manager)
    rows.set(name, [])
    return (await matrix.listPoints()).map((point, index) => ({ matrix, point, name, index }))
  })
  await inLanes(parallel, listed.flat(), async ({ matrix, point, name, index }) => {
    const row = await matrix.crashAt(point)
    const ofScenario = rows.get(name)
    if (ofScenario && row) ofScenario[index] = row
  })
  return new Map([...rows].map(([name, ofScenario]) => [name, ofScenario.filter(row => row !== undefined)]))
}

/** Works at so many items at once. */
async function inLanes<T, R>(
  lanes: number,
  items: readonly T[],
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = []
  const left = items.entries()
  const lane = async () => {
    for (const [index, item] of left) results[index] = await work(item)
  }
  await Promise.all(Array.from({ length: lanes }, lane))
  return results
}

class CrashMatrix<World extends SharedWorld> {
  readonly #scenario: CrashScenario
  readonly #site: Site<World>
  readonly #server: StrictTokenServer
  readonly #manager: SiteManager
  /** What an undisturbed run asks of provider, store and outbox. */
  #way: readonly string[] = []

  constructor(scenario: CrashScenario, site: Site<World>, server: StrictTokenServer, manager: SiteManager) {
    this.#scenario = scenario
    this.#site = site
    this.#server = server
    this.#manager = manager
  }

  /** Every point of an undisturbed run, from the call to the end of the manager. */
  async listPoints(): Promise<readonly string[]> {
    const { from, faults, disturb, closing = false, isOfInterest = () => true } = this.#scenario
    const { id, family } = await this.#credential()
    disturb?.(family)
    await using victim = await this.#open(faults)
    await victim.get(id)
    await victim.close()
    const { points } = victim
    this.#way = wayOf(points)
    const first = from === undefined ? 0 : points.indexOf(from)
    if (first < 0) throw new Error(`No process reaches "${from}": ${points.join(', ')}`)
    return points.slice(first).filter(point => (closing || !point.includes('.close ')) && isOfInterest(point))
  }

  /**
   * Undefined for a step of the audit that is not taken each time: events that queue up are written together. A process
   * that was so slow that it went another way, to time-outs and further tries, has died another death.
   */
  async crashAt(point: string): Promise<CrashRow | undefined> {
    for (let tries = 1; tries <= mostTries; tries++) {
      const { id, family } = await this.#credential()
      if (await this.#dieAt(point, id, family)) return this.#rowOf(point, id, family)
    }
    if (point.includes(' audit.')) return undefined
    throw new Error(`No process came to "${point}" again`)
  }

  async #dieAt(point: string, id: AccountId, family: Family): Promise<boolean> {
    const { faults, disturb } = this.#scenario
    disturb?.(family)
    await using victim = await this.#open(faults)
    const alive = victim
      .get(id, { stop: { point, signal: 'SIGKILL' } })
      .then(() => victim.close())
      .then(
        () => true,
        () => false,
      )
    if ((await alive) || (await victim.ended) !== 'SIGKILL') return false
    return wayOf(victim.points).every((step, index) => step === this.#way[index])
  }

  async #rowOf(point: string, id: AccountId, family: Family): Promise<CrashRow> {
    family.disturbances.length = 0
    const startedAt = performance.now()
    const seen = await this.#takeOver(id, family)
    const promised = [this.#scenario.promised(point)].flat()
    return {
      point,
      promised: promised.includes(seen as Outcome) ? seen : promised.join(' or '),
      seen,
      requests: family.granted + family.refused,
      invalidGrants: family.refused,
      tookMs: Math.round(performance.now() - startedAt),
    }
  }

  async #credential() {
    const { family: options = {}, leftMs = -1, before } = this.#scenario
    const family = this.#server.family(options)
    const input = {
      url: this.#server.urlOf(family),
      rotating: options.rotating ?? true,
      ...family.issue(leftMs),
    }
    const id = await this.#manager.as(acme).createCredential('account', input)
    if (before !== undefined) {
      await using victim = await this.#open(before.faults)
      victim.get(id, { stop: { point: before.at, signal: 'SIGKILL' } }).catch(() => {})
      await victim.ended
      await sleep(intentMs)
    }
    return { id, family }
  }

  #open(faults: readonly Fault[] = []) {
    const { program, world } = this.#site
    return WorkerProcess.open(program, { ...world, faults })
  }

  /** What a caller in this process gets, and, if it is a token, whether the grant goes on. */
  async #takeOver(id: AccountId, family: Family): Promise<string> {
    const view = this.#manager.as(acme)
    const refusedBefore = family.refused
    let served = false
    try {
      const startedAt = performance.now()
      const token = await patiently(() => view.getToken(id))
      if (performance.now() - startedAt > patienceMs) return 'a hang'
      if (!family.accepts(token.value.expose())) return 'a wrong token'
      if (family.refused > 0) return 'invalid_grant'
      served = true
      await patiently(() => view.refreshCredential(id))
      return family.refused > 0 ? 'a grant that does not go on' : 'token'
    } catch (error) {
      if (!isCredentialError(error, 'REAUTHORIZATION_REQUIRED')) return String(error)
      if (family.refused > refusedBefore + 1) return `${family.refused} invalid_grant`
      const cause = String((await view.describe(id)).failure?.cause)
      return served ? `token, then ${cause}` : cause
    }
  }
}

type AccountId = CredentialId<BearerToken>

const mostTries = 5

function wayOf(points: readonly string[]): readonly string[] {
  return points.filter(point => /^(before|after) (provider|store|outbox)\./.test(point))
}

/** As a caller that tries again whenever it may. */
async function patiently<T>(call: () => Promise<T>): Promise<T> {
  const giveUpAt = performance.now() + patienceMs
  for (;;) {
    try {
      return await call()
    } catch (error) {
      if (!isCredentialError(error) || !error.retryable || performance.now() > giveUpAt) throw error
      await sleep(20)
    }
  }
}

/** The rows as text, with those that broke their promise marked. */
export function tableOf(rows: readonly CrashRow[]): string {
  const lines = rows.map(({ point, promised, seen, requests, invalidGrants, tookMs }) => {
    const mark = promised === seen ? ' ' : '!'
    const figures = `${requests} requests, ${invalidGrants} invalid_grant, ${tookMs} ms`
    return `${mark} ${point.padEnd(28)} promised ${promised.padEnd(16)} seen ${seen.padEnd(16)} ${figures}`
  })
  return `\n${lines.join('\n')}\n`
}
