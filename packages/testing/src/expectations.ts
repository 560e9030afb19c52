import { AssertionError, strict as assert } from 'node:assert'
import { createHash } from 'node:crypto'
import { type CredentialError, type ErrorCode, isCredentialError } from '@nebula-credential/core'

/** The error that `work` must reject with. */
export async function rejectsWith(code: ErrorCode, work: Promise<unknown>): Promise<CredentialError> {
  const outcome = await settle(work)
  if (outcome.status === 'fulfilled') return assert.fail(`must reject with ${code}, but resolved`)
  if (isCredentialError(outcome.reason, code)) return outcome.reason
  throw new AssertionError({
    message: `must reject with CredentialError ${code}, but rejected with ${String(outcome.reason)}`,
    actual: (outcome.reason as { code?: unknown } | undefined)?.code,
    expected: code,
  })
}

/** One of several racing writes must win; all others must reject with `code`. Returns the winner's position. */
export async function exactlyOneWins(code: ErrorCode, races: readonly Promise<unknown>[]): Promise<number> {
  const outcomes = await Promise.allSettled(races)
  const winners = outcomes.flatMap((outcome, index) => (outcome.status === 'fulfilled' ? [index] : []))
  for (const outcome of outcomes) {
    if (outcome.status === 'rejected') await rejectsWith(code, Promise.reject(outcome.reason))
  }
  assert.equal(winners.length, 1, `exactly one of ${races.length} racing writes must win`)
  return winners[0] as number
}

/** Compares by content: unset and undefined are the same, and so are a Buffer and a Uint8Array of the same bytes. */
export function assertSame(actual: unknown, expected: unknown, message?: string): void {
  assert.equal(contentOf(actual), contentOf(expected), message)
}

function contentOf(value: unknown): string {
  return JSON.stringify(normalize(value), null, 2) ?? 'undefined'
}

function normalize(value: unknown): unknown {
  if (value instanceof Uint8Array) return `${value.length} bytes, sha256 ${sha256(value)}`
  if (Array.isArray(value)) return value.map(normalize)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).filter(([, field]) => field !== undefined)
  return Object.fromEntries(
    entries
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(([name, field]) => [name, normalize(field)]),
  )
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

async function settle(work: Promise<unknown>): Promise<PromiseSettledResult<unknown>> {
  const [outcome] = await Promise.allSettled([work])
  return outcome as PromiseSettledResult<unknown>
}
