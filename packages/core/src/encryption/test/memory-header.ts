import { CredentialError } from '../../errors.ts'
import type { HeaderStore } from '../open-encryption.ts'

/** A header in memory that keeps the promises of a store. Awaits before each step, so that openings interleave. */
export class MemoryHeader implements HeaderStore {
  stored: { version: number; value: string } | undefined
  hasRecords = false
  writes = 0

  async readHeader() {
    await nextTurn()
    return this.stored && { ...this.stored }
  }

  async createHeader(value: string): Promise<void> {
    await nextTurn()
    if (this.stored !== undefined) throw new CredentialError('ALREADY_EXISTS', 'There is a header')
    this.stored = { version: 1, value }
    this.writes += 1
  }

  async replaceHeader(value: string, expectedVersion: number): Promise<void> {
    await nextTurn()
    if (this.stored?.version !== expectedVersion) {
      throw new CredentialError('VERSION_CONFLICT', 'The header is of another version')
    }
    this.stored = { version: expectedVersion + 1, value }
    this.writes += 1
  }

  async isEmpty(): Promise<boolean> {
    await nextTurn()
    return !this.hasRecords
  }

  /** Changes the header as somebody with hands on the store would. */
  // biome-ignore lint/suspicious/noExplicitAny: tampering knows no types
  tamper(change: (header: any) => void): void {
    if (this.stored === undefined) throw new Error('There is no header to tamper with')
    const header = JSON.parse(this.stored.value)
    change(header)
    this.stored = { ...this.stored, value: JSON.stringify(header) }
  }
}

function nextTurn(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve))
}
