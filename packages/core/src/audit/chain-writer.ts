import { CredentialError, isCredentialError } from '../errors.ts'
import { emptyHead, nextEntry } from './audit-chain.ts'
import type { AuditKeys } from './audit-keys.ts'
import type { AuditAppend, AuditEntry, AuditSink, ChainHead } from './audit-sink.ts'

export interface ChainWriterOptions {
  readonly chain: string
  readonly sink: AuditSink
  readonly keys: AuditKeys
  /** Called when events wait that could not be written. */
  readonly onStalled: (writer: ChainWriter) => void
  /** Shared by all writers of a log. */
  readonly room: QueueRoom
  /** The text of the event that says how many were lost. */
  readonly lossText: (lost: number) => string
}

/** How many queued events wait, over all chains. */
export interface QueueRoom {
  taken: number
}

/**
 * Appends entries and makes the change that the last of them tells of, in one atomic step. Resolves to false, and
 * nothing has happened, when the chain's head is another. An error other than STORAGE_UNAVAILABLE says that nothing
 * has happened, and that it is the change which cannot be made.
 */
export type Commit = (append: AuditAppend) => Promise<boolean>

interface Item {
  readonly text: string
  /** Set where a change is made together with the event. */
  readonly commit: Commit | undefined
  /** Set where somebody waits for the write; a queued event has nobody. */
  readonly waiter: PromiseWithResolvers<void> | undefined
  settled: boolean
}

/** An append whose outcome is not known, on the head that stands. */
interface Attempt {
  readonly firstHash: string
  readonly items: readonly Item[]
}

const maxBatch = 200
const maxConflicts = 200

/** Writes the events of one chain in order, one append at a time; what waits meanwhile goes into the next append. */
export class ChainWriter {
  readonly #options: ChainWriterOptions
  #items: Item[] = []
  #lost = 0
  /** The newest entry this process knows of. */
  #head: ChainHead | undefined
  #attempts: Attempt[] = []
  #isRunning = false
  #running: Promise<void> = Promise.resolve()

  constructor(options: ChainWriterOptions) {
    this.#options = options
  }

  /** Whether nothing waits, so that the writer can be forgotten. */
  get isIdle(): boolean {
    return !this.#isRunning && this.#items.length === 0 && this.#lost === 0
  }

  get head(): ChainHead | undefined {
    return this.#head
  }

  /** Events that wait, or were lost and are not yet recorded as such. */
  get waiting(): number {
    return this.#items.length + this.#lost
  }

  /**
   * Resolves when the event is durable, and the change that `commit` makes with it. Whether they were written after a
   * STORAGE_UNAVAILABLE is unknown.
   */
  write(text: string, commit?: Commit): Promise<void> {
    const waiter = Promise.withResolvers<void>()
    this.#items.push({ text, commit, waiter, settled: false })
    this.#start()
    return waiter.promise
  }

  queue(text: string): void {
    this.#enqueue(text)
    this.#start()
  }

  /** Counts events that found no room; one event will say how many. */
  lose(events: number): void {
    this.#lost += events
    this.#start()
  }

  /** Writes all that waits. Rejects when the sink cannot take it. */
  drain(): Promise<void> {
    this.#start()
    return this.#running
  }

  #start(): void {
    if (this.#isRunning || this.isIdle) return
    this.#isRunning = true
    this.#running = this.#run()
    this.#running.catch(() => this.#options.onStalled(this))
  }

  async #run(): Promise<void> {
    try {
      while (this.#items.length > 0 || this.#takeLoss()) {
        const present = [...this.#items]
        try {
          await this.#appendNext()
        } catch (error) {
          const failure = asUnavailable(error, this.#options.sink.name)
          this.#refuseWaiters(present, failure)
          if (!this.#items.some(item => item.waiter !== undefined)) throw failure
        }
      }
    } finally {
      this.#isRunning = false
    }
  }

  async #appendNext(): Promise<void> {
    const { chain } = this.#options
    if (this.#head === undefined || this.#attempts.length > 0) await this.#catchUp()
    for (let conflicts = 0; conflicts < maxConflicts; conflicts++) {
      const batch = this.#nextBatch()
      if (batch.length === 0) return
      const head = this.#head ?? emptyHead(chain)
      const entries = this.#link(head, batch)
      this.#attempts.push({ firstHash: entries[0]?.hash ?? '', items: batch })
      const outcome = await this.#commit(batch, { chain, entries, expectedSequence: head.sequence })
      if (outcome === 'head-moved') {
        await this.#catchUp()
        continue
      }
      if (outcome === 'written') {
        this.#moveTo(entries)
        this.#settle(batch)
      }
      return
    }
    throw new CredentialError(
      'STORAGE_UNAVAILABLE',
      `The audit chain ${JSON.stringify(chain)} was moved by others ${maxConflicts} times in a row; try again`,
    )
  }

  /** A change is the last of its batch: were it refused, so would be what stands behind it. */
  #nextBatch(): readonly Item[] {
    const waiting = this.#unsettled().slice(0, maxBatch)
    const change = waiting.findIndex(item => item.commit !== undefined)
    return change < 0 ? waiting : waiting.slice(0, change + 1)
  }

  async #commit(batch: readonly Item[], append: AuditAppend): Promise<'written' | 'head-moved' | 'refused'> {
    const last = batch.at(-1)
    if (last?.commit === undefined) return this.#append(append)
    try {
      return (await last.commit(append)) ? 'written' : 'head-moved'
    } catch (error) {
      if (!isCredentialError(error) || error.code === 'STORAGE_UNAVAILABLE') throw error
      this.#attempts.pop()
      this.#refuseWaiters([last], error)
      return 'refused'
    }
  }

  async #append({ chain, entries, expectedSequence }: AuditAppend): Promise<'written' | 'head-moved'> {
    try {
      await this.#options.sink.append(chain, entries, expectedSequence)
      return 'written'
    } catch (error) {
      if (isCredentialError(error, 'VERSION_CONFLICT')) return 'head-moved'
      throw error
    }
  }

  #link(head: ChainHead, batch: readonly Item[]): AuditEntry[] {
    const entries: AuditEntry[] = []
    let last = head
    for (const item of batch) {
      const entry = nextEntry(last, item.text, this.#options.keys)
      entries.push(entry)
      last = { chain: head.chain, sequence: entry.sequence, hash: entry.hash }
    }
    return entries
  }

  #moveTo(entries: readonly AuditEntry[]): void {
    const last = entries.at(-1)
    if (last !== undefined) {
      this.#head = { chain: this.#options.chain, sequence: last.sequence, hash: last.hash }
    }
    this.#attempts = []
  }

  /**
   * Learns what stands behind the last known head. An attempt of ours with an unknown outcome is the entry right
   * behind it, or will never be: its hash binds it to that place, and others' entries have taken it.
   */
  async #catchUp(): Promise<void> {
    const { sink, chain } = this.#options
    const known = this.#head
    const head = (await sink.head(chain)) ?? emptyHead(chain)
    if (known === undefined) {
      this.#head = head
      return
    }
    if (head.sequence === known.sequence && head.hash === known.hash) return
    const next = (await sink.read(chain, known.sequence + 1, 1))[0]
    if (next?.previousHash !== known.hash) throw cutBack(chain, known.sequence)
    const landed = this.#attempts.find(attempt => attempt.firstHash === next.hash)
    this.#attempts = []
    this.#head = head
    if (landed !== undefined) this.#settle(landed.items)
  }

  #settle(items: readonly Item[]): void {
    for (const item of items) {
      if (item.settled) continue
      item.settled = true
      if (item.waiter === undefined) this.#options.room.taken -= 1
      else item.waiter.resolve()
    }
    this.#items = this.#unsettled()
  }

  #refuseWaiters(items: readonly Item[], failure: CredentialError): void {
    for (const item of items) {
      if (item.waiter === undefined || item.settled) continue
      item.settled = true
      item.waiter.reject(failure)
    }
    this.#items = this.#unsettled()
  }

  #unsettled(): Item[] {
    return this.#items.filter(item => !item.settled)
  }

  #takeLoss(): boolean {
    if (this.#lost === 0) return false
    this.#enqueue(this.#options.lossText(this.#lost))
    this.#lost = 0
    return true
  }

  #enqueue(text: string): void {
    this.#items.push({ text, commit: undefined, waiter: undefined, settled: false })
    this.#options.room.taken += 1
  }
}

function cutBack(chain: string, sequence: number): CredentialError {
  return new CredentialError(
    'AUDIT_BROKEN',
    `The audit chain ${JSON.stringify(chain)} no longer holds entry ${sequence}, which was acknowledged to this process: ` +
      'it was cut back or rewritten. Verify the audit, and restart once the sink is restored',
  )
}

function asUnavailable(error: unknown, sinkName: string): CredentialError {
  if (isCredentialError(error)) return error
  return new CredentialError('STORAGE_UNAVAILABLE', `The audit sink ${sinkName} failed; see the cause`, {
    cause: error,
  })
}
