import type { CrashScenario } from './crash-matrix.ts'

// The provider's answer is nowhere but in the memory of the process that dies.
const unacknowledged = ['after provider.refresh 1', 'before store.replace 1']
const lostAt =
  (...points: readonly string[]) =>
  (point: string) =>
    points.includes(point) ? ('rotation_lost' as const) : ('token' as const)
const always = () => 'token' as const

const refusesReplace = [{ method: 'replace', kind: 'fail' }] as const
const refusesOnce = [{ method: 'replace', call: 1, kind: 'fail' }] as const
const cutOffReplace = [{ method: 'replace', call: 1, kind: 'disconnect' }] as const

/** The ways that a refresh can go. */
export const crashScenarios: Readonly<Record<string, CrashScenario>> = {
  'a grant that rotates': { closing: true, promised: lostAt(...unacknowledged) },
  'a grant that is safe to repeat': { family: { rotating: false }, promised: always },
  'a token that is refreshed behind its callers': {
    leftMs: 600_000,
    from: 'before lock.tryAcquire 1',
    // The grant may be gone, but the token that is still valid is served on.
    promised: point => (unacknowledged.includes(point) ? 'token, then rotation_lost' : 'token'),
  },
  'a store that refuses the new state': {
    faults: refusesOnce,
    from: 'after provider.refresh 1',
    promised: lostAt(...unacknowledged, 'after store.replace 1', 'before outbox.put 1'),
  },
  'a store that takes the new state and cannot say so': {
    faults: cutOffReplace,
    from: 'before store.replace 1',
    promised: lostAt('before store.replace 1'),
  },
  'the adoption of what a dead process left in the outbox': {
    before: { at: 'after outbox.put 1', faults: refusesReplace },
    from: 'before outbox.list 1',
    promised: always,
  },
  'a second try after a death before the request': {
    before: { at: 'before provider.refresh 1' },
    from: 'before outbox.list 1',
    promised: lostAt(...unacknowledged),
  },
  'a provider that is down': {
    disturb: family => family.disturbances.push('unavailable', 'unavailable', 'unavailable'),
    from: 'after provider.refresh 1',
    promised: always,
  },
  'a provider that is down for one try': {
    disturb: family => family.disturbances.push('unavailable'),
    from: 'after provider.refresh 1',
    promised: lostAt('after provider.refresh 2', 'before store.replace 1'),
  },
  'a consent that was withdrawn': {
    disturb: family => {
      family.revoked = true
    },
    from: 'before provider.refresh 1',
    // Who finds a foreign intent cannot know whether it was the rotation that was lost.
    promised: () => ['rejected', 'rotation_lost'],
  },
}
