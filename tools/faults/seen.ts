import type { Seen } from '../../packages/core/test/crash/serve-world.ts'
import type { Family } from '../../packages/core/test/crash/strict-token-server.ts'

/** How many callers got a token that the provider accepts. */
export function served(family: Family, ...all: readonly Seen[]): number {
  return all
    .flatMap(seen => Object.entries(seen.tokens))
    .filter(([token]) => family.accepts(token))
    .reduce((sum, [, count]) => sum + count, 0)
}

/** The codes of all errors, for a message. */
export function errorsOf(...all: readonly Seen[]): string {
  return JSON.stringify(Object.assign({}, ...all.map(seen => seen.errors)))
}
