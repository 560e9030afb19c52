import { CredentialError } from '../../errors.ts'
import type { AuditEntry, AuditSink, ChainHead } from '../audit-sink.ts'
import type { MemoryAuditSink } from '../memory-audit-sink.ts'

/**
 * `down`: nothing happens, and every call fails; `answer lost`: an append happens, but fails to the caller;
 * `late`: an append fails to the caller and happens when {@link UnsteadyAuditSink.arrive} is called.
 */
export type Weather = 'up' | 'down' | 'answer lost' | 'late'

/** An audit sink with a network in between. */
export class UnsteadyAuditSink implements AuditSink {
  readonly name = 'unsteady'
  weather: Weather = 'up'
  appends = 0
  readonly #sink: MemoryAuditSink
  readonly #underWay: (() => Promise<void>)[] = []

  constructor(sink: MemoryAuditSink) {
    this.#sink = sink
  }

  async head(chain: string): Promise<ChainHead | undefined> {
    await this.#travel()
    return this.#sink.head(chain)
  }

  async append(chain: string, entries: readonly AuditEntry[], expectedSequence: number): Promise<void> {
    this.appends += 1
    if (this.weather === 'late') {
      this.#underWay.push(() => this.#sink.append(chain, entries, expectedSequence))
      throw unavailable()
    }
    await this.#travel()
    await this.#sink.append(chain, entries, expectedSequence)
    if (this.weather === 'answer lost') throw unavailable()
  }

  async read(chain: string, fromSequence: number, limit: number): Promise<readonly AuditEntry[]> {
    await this.#travel()
    return this.#sink.read(chain, fromSequence, limit)
  }

  async heads(prefix: string, limit: number, cursor?: string): Promise<readonly ChainHead[]> {
    await this.#travel()
    return this.#sink.heads(prefix, limit, cursor)
  }

  close(): Promise<void> {
    return this.#sink.close()
  }

  /** Lets what is under way arrive; what has been overtaken is refused, as the sink would. */
  async arrive(): Promise<void> {
    for (const happen of this.#underWay.splice(0)) await happen().catch(() => undefined)
  }

  async #travel(): Promise<void> {
    await new Promise(resolve => setImmediate(resolve))
    if (this.weather === 'down') throw unavailable()
  }
}

function unavailable(): CredentialError {
  return new CredentialError('STORAGE_UNAVAILABLE', 'The sink cannot be reached')
}
