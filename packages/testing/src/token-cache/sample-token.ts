import { setTimeout as wait } from 'node:timers/promises'
import type { CachedToken } from '@nebula-credential/core'
import { fullRecord } from '../fixtures/sample-record.ts'
import type { TokenCacheHarness } from './token-cache-harness.ts'

export const key = '4:acme:chat_bot_1'
export const hour = 3_600_000
/** Long enough to be seen on a busy machine, and less than a second, so that whoever counts in seconds is found out. */
export const shortMs = 900

export function entryOf(harness: TokenCacheHarness, text: string): CachedToken {
  const { id, type, scope, shares, status, stateVersion, generation } = fullRecord()
  // In whole hours, so that two entries of one test have the same expiry.
  const expiresAt = (Math.floor(nowOf(harness) / hour) + 2) * hour
  return {
    fields: { id, type, scope, shares, status, stateVersion, generation },
    sealed: bytes(text),
    expiresAt,
  }
}

export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

export function nowOf(harness: TokenCacheHarness): number {
  return harness.now?.() ?? Date.now()
}

export async function elapse(harness: TokenCacheHarness, ms: number): Promise<void> {
  if (harness.elapse === undefined) await wait(ms)
  else await harness.elapse(ms)
}
