import type { Clock } from '../clock.ts'
import { CredentialError } from '../errors.ts'
import type { Header } from './header.ts'
import { checkCanary } from './header-key.ts'
import type { KeyRing } from './key-ring.ts'
import type { KeyParameters, KeySource, OpenedKey } from './key-source.ts'

/** Opens the keys of a ring against headers, stretching each passphrase once per set of parameters. */
export class OpenedRing {
  readonly currentKeyId: string
  readonly #sources: readonly KeySource[]
  readonly #clock: Clock
  readonly #opened = new Map<string, Promise<OpenedKey>>()

  constructor(ring: KeyRing, clock: Clock) {
    this.currentKeyId = ring.current.keyId
    this.#sources = [ring.current, ...ring.old]
    this.#clock = clock
  }

  /**
   * The keys of the ring that the header knows, each proven to be the right one.
   * @throws CredentialError KEY_MISMATCH when one is not, or when there is none
   */
  async known(header: Header): Promise<OpenedKey[]> {
    const entries = new Map(header.keys.map(entry => [entry.id, entry]))
    const known: OpenedKey[] = []
    for (const source of this.#sources) {
      const entry = entries.get(source.keyId)
      if (entry === undefined) continue
      const key = await this.#open(source, entry.parameters)
      await checkCanary(key, entry)
      known.push(key)
    }
    if (known.length === 0) throw this.#strangerToAll(header)
    return known
  }

  /** The keys of the ring that the header does not know, or all of them where there is no header. */
  missing(header?: Header): Promise<OpenedKey[]> {
    const ids = new Set(header?.keys.map(entry => entry.id))
    const missing = this.#sources.filter(source => !ids.has(source.keyId))
    return Promise.all(missing.map(source => this.#open(source, undefined)))
  }

  /** Forgets all keys that were opened but `kept`. */
  async closeAllBut(kept: readonly OpenedKey[]): Promise<void> {
    for (const opened of await Promise.allSettled(this.#opened.values())) {
      if (opened.status === 'fulfilled' && !kept.includes(opened.value)) opened.value.close()
    }
  }

  #open(source: KeySource, parameters: KeyParameters | undefined): Promise<OpenedKey> {
    const name = JSON.stringify([source.keyId, parameters])
    const opened = this.#opened.get(name) ?? source.open(parameters, this.#clock)
    this.#opened.set(name, opened)
    return opened
  }

  #strangerToAll(header: Header): CredentialError {
    const expected = header.keys.map(
      entry => `"${entry.id}" (fingerprint ${JSON.stringify(entry.fingerprint)})`,
    )
    const given = this.#sources.map(source => `"${source.keyId}"`)
    return new CredentialError(
      'KEY_MISMATCH',
      `This store was written with key ${expected.join(', ')}, but only ${given.join(', ')} was given. ` +
        'Give the right key; to change keys, use keyRing({ current: newKey, old: [oldKey] })',
    )
  }
}
