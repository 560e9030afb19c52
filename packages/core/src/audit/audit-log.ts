import type { Clock } from '../clock.ts'
import { CredentialError, isCredentialError } from '../errors.ts'
import type { AnchorSink } from './anchor-sink.ts'
import { AnchorWriter } from './anchor-writer.ts'
import { chainOf } from './audit-chain.ts'
import type { AuditEvent } from './audit-event.ts'
import type { AuditKeys } from './audit-keys.ts'
import type { AuditSink, ChainHead } from './audit-sink.ts'
import { ChainWriter, type Commit, type QueueRoom } from './chain-writer.ts'
import { type CountedEvent, EventCounts } from './event-counts.ts'
import { encodeEvent } from './event-text.ts'

export interface AuditPolicy {
  /** How often counts are written, in milliseconds. Default 10,000. */
  readonly flushEveryMs: number
  /** How often an anchor is written, in milliseconds. Default 300,000. */
  readonly anchorEveryMs: number
  /** How many queued events wait at most while the sink is down; beyond it they are lost, and counted. Default 10,000. */
  readonly maxQueued: number
}

export const defaultAuditPolicy: AuditPolicy = {
  flushEveryMs: 10_000,
  anchorEveryMs: 300_000,
  maxQueued: 10_000,
}

export interface AuditLogOptions {
  readonly sink: AuditSink
  readonly keys: AuditKeys
  readonly clock: Clock
  readonly anchors?: AnchorSink | undefined
  readonly policy?: Partial<AuditPolicy> | undefined
}

/** The actor of events that the log writes of itself. */
const logActor = 'audit-log'
const systemTenant = ''
const firstRetryMs = 100
const lastRetryMs = 30_000
const maxIdleChains = 10_000

/**
 * Writes events to keyed hash chains, one per tenant and shard. Other processes may write the same chains.
 * Events of one credential stand in one chain, in the order they were given.
 */
export class AuditLog {
  readonly #options: AuditLogOptions
  readonly #policy: AuditPolicy
  readonly #chains = new Map<string, ChainWriter>()
  readonly #stalled = new Set<ChainWriter>()
  readonly #room: QueueRoom = { taken: 0 }
  readonly #counts = new EventCounts()
  readonly #flushListeners = new Set<() => void>()
  readonly #anchorWriter: AnchorWriter | undefined
  readonly #stopTimers: (() => void)[] = []
  #stopRetry: (() => void) | undefined
  #retryMs = firstRetryMs
  #anchorFailed = false
  #closing: Promise<void> | undefined
  #isClosed = false

  constructor(options: AuditLogOptions) {
    const { sink, keys, clock, anchors } = options
    this.#options = options
    this.#policy = { ...defaultAuditPolicy, ...options.policy }
    this.#stopTimers.push(
      clock.every(this.#policy.flushEveryMs, () => {
        this.flush().catch(() => undefined)
      }),
    )
    if (anchors === undefined) return
    const knownHeads = () => this.#knownHeads()
    this.#anchorWriter = new AnchorWriter({ sink, keys, clock, anchors, knownHeads })
    this.#stopTimers.push(
      clock.every(this.#policy.anchorEveryMs, () => {
        this.#anchor().catch(() => undefined)
      }),
    )
  }

  /**
   * Resolves when the event is durable in the sink, and the change that `commit` makes with it.
   * @throws CredentialError STORAGE_UNAVAILABLE when the sink is down (the event may have been written all the same);
   * AUDIT_BROKEN when the sink has lost what it acknowledged; CLOSED; whatever else `commit` throws
   */
  async write(event: AuditEvent, commit?: Commit): Promise<void> {
    this.#assertOpen()
    await this.#chain(event).write(encodeEvent(event), commit)
  }

  /**
   * Writes the event soon, behind those given before, and tries again until `close()`. Beyond `maxQueued` waiting
   * events it is lost; an event `audit.lost` will say how many were.
   */
  queue(event: AuditEvent): void {
    this.#assertOpen()
    this.#enqueue(event)
  }

  /** Counts events that are alike; the sum is written with the next flush. */
  count(event: CountedEvent, count = 1): void {
    if (this.#isClosed) throw closedError()
    this.#counts.add(event, count)
    if (this.#counts.size >= this.#policy.maxQueued) this.#queueCounts()
  }

  /** Calls `listener` before each flush, so that it can hand in what it counted. Returns how to stop that. */
  onFlush(listener: () => void): () => void {
    this.#flushListeners.add(listener)
    return () => this.#flushListeners.delete(listener)
  }

  /** Writes counts and queued events. @throws CredentialError STORAGE_UNAVAILABLE; what could not be written waits on */
  async flush(): Promise<void> {
    for (const listener of this.#flushListeners) listener()
    // While the sink is down, counts go on adding up where they take no room.
    if (this.#stalled.size === 0 || this.#closing !== undefined) this.#queueCounts()
    await this.#drain()
  }

  /**
   * Writes all that waits, and the last anchor. Further events throw CLOSED. Calling it again does nothing more.
   * @throws CredentialError STORAGE_UNAVAILABLE when events could not be written; they are lost
   */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    for (const stop of this.#stopTimers) stop()
    try {
      for (const listener of this.#flushListeners) listener()
      this.#queueCounts()
      await this.#drain()
      await this.#anchorWriter?.write()
    } catch (error) {
      const lost = this.#waiting()
      if (lost === 0) throw error
      throw new CredentialError(
        isCredentialError(error) ? error.code : 'STORAGE_UNAVAILABLE',
        `The audit was closed with ${lost} events that its sink did not take; they are lost`,
        { cause: error },
      )
    } finally {
      this.#isClosed = true
      this.#stopRetry?.()
    }
  }

  #enqueue(event: AuditEvent): void {
    const chain = this.#chain(event)
    if (this.#room.taken < this.#policy.maxQueued) chain.queue(encodeEvent(event))
    else chain.lose(event.count ?? 1)
  }

  #queueCounts(): void {
    const at = this.#options.clock.now()
    for (const { event, count } of this.#counts.take()) this.#enqueue({ ...event, at, count })
  }

  async #drain(): Promise<void> {
    const drained = await Promise.allSettled([...this.#chains.values()].map(chain => chain.drain()))
    this.#forgetRecovered()
    const failed = drained.find(result => result.status === 'rejected')
    if (failed !== undefined) throw failed.reason
  }

  async #anchor(): Promise<void> {
    try {
      await this.#anchorWriter?.write()
      this.#anchorFailed = false
    } catch (error) {
      if (!this.#anchorFailed && this.#closing === undefined) this.#enqueue(this.#anchorFailure(error))
      this.#anchorFailed = true
      throw error
    }
  }

  #anchorFailure(error: unknown): AuditEvent {
    return {
      at: this.#options.clock.now(),
      action: 'audit.anchor',
      outcome: isCredentialError(error, 'AUDIT_BROKEN') ? 'violation' : 'failure',
      tenantId: systemTenant,
      actor: logActor,
      code: isCredentialError(error) ? error.code : 'STORAGE_UNAVAILABLE',
    }
  }

  #chain(event: Pick<AuditEvent, 'tenantId' | 'credentialId' | 'actor'>): ChainWriter {
    const name = chainOf(event.tenantId, event.credentialId, event.actor)
    const known = this.#chains.get(name)
    if (known !== undefined) return known
    if (this.#chains.size >= maxIdleChains) this.#forgetIdle()
    const chain = new ChainWriter({
      chain: name,
      sink: this.#options.sink,
      keys: this.#options.keys,
      room: this.#room,
      onStalled: writer => this.#retryLater(writer),
      lossText: lost => encodeEvent(this.#lossEvent(event.tenantId, lost)),
    })
    this.#chains.set(name, chain)
    return chain
  }

  #lossEvent(tenantId: string, count: number): AuditEvent {
    const at = this.#options.clock.now()
    return { at, action: 'audit.lost', outcome: 'failure', tenantId, actor: logActor, count }
  }

  #forgetIdle(): void {
    for (const [name, chain] of this.#chains) if (chain.isIdle) this.#chains.delete(name)
  }

  #retryLater(writer: ChainWriter): void {
    if (this.#closing !== undefined) return
    if (writer.waiting > 0) this.#stalled.add(writer)
    if (this.#stopRetry !== undefined || this.#stalled.size === 0) return
    const stop = this.#options.clock.every(this.#retryMs, () => {
      stop()
      this.#stopRetry = undefined
      this.#retry()
    })
    this.#stopRetry = stop
    this.#retryMs = Math.min(this.#retryMs * 2, lastRetryMs)
  }

  #retry(): void {
    const stalled = [...this.#stalled]
    this.#stalled.clear()
    void Promise.allSettled(stalled.map(writer => writer.drain())).then(() => this.#forgetRecovered())
  }

  #forgetRecovered(): void {
    for (const writer of this.#stalled) if (writer.waiting === 0) this.#stalled.delete(writer)
    if (this.#stalled.size === 0) this.#retryMs = firstRetryMs
  }

  #waiting(): number {
    let waiting = 0
    for (const chain of this.#chains.values()) waiting += chain.waiting
    return waiting
  }

  *#knownHeads(): Generator<ChainHead> {
    for (const { head } of this.#chains.values()) if (head !== undefined && head.sequence > 0) yield head
  }

  #assertOpen(): void {
    if (this.#closing !== undefined) throw closedError()
  }
}

function closedError(): CredentialError {
  return new CredentialError('CLOSED', 'The audit log was closed; build a new manager')
}
