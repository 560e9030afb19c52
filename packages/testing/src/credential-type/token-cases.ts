import { strict as assert } from 'node:assert'
import { CredentialError, ProviderFailure } from '@nebula-credential/core'
import type { ContractGroup } from '../contract-suite.ts'
import { leakScan } from '../fixtures/leak-scan.ts'
import type { CredentialTypeHarness } from './credential-type-harness.ts'
import { environmentOf, firstState, mintToken, stateJson, usesService } from './sample-use.ts'

export const tokenCases: ContractGroup<CredentialTypeHarness> = {
  name: 'access token',
  cases: [
    {
      name: 'is of the declared kind, frozen, and shows none of its secrets',
      skip: usesService,
      async run(harness) {
        const token = mintToken(harness.definition, await firstState(harness))
        assert.equal(token.kind, harness.definition.token.kind)
        assert.equal(token.generation, 3)
        assert.ok(Object.isFrozen(token))
        assert.deepEqual(leakScan(token, harness.sentinels), [])
      },
    },
    {
      name: 'survives serialising and parsing',
      skip: usesService,
      async run(harness) {
        const { definition } = harness
        const text = definition.token.serialize(mintToken(definition, await firstState(harness)))
        assert.equal(definition.token.serialize(definition.token.parse(text)), text)
      },
    },
    {
      name: 'access is pure: it gives the same twice, changes no state, and its token outlives the state',
      skip: usesService,
      async run(harness) {
        const { definition } = harness
        const state = await firstState(harness)
        const before = stateJson(definition, state)
        const once = mintToken(definition, state)
        const text = definition.token.serialize(once)
        assert.equal(definition.token.serialize(mintToken(definition, state)), text)
        assert.equal(stateJson(definition, state), before)
        disposeAll(state)
        assert.equal(definition.token.serialize(once), text)
      },
    },
    {
      name: 'expires at an instant in epoch milliseconds, where it expires',
      skip: usesService,
      async run(harness) {
        const { expiresAt } = mintToken(harness.definition, await firstState(harness))
        // An instant in seconds would be in 1970.
        if (expiresAt !== undefined) assert.ok(expiresAt > 1_000_000_000_000, `${expiresAt} is no epoch ms`)
      },
    },
  ],
}

export const capabilityCases: ContractGroup<CredentialTypeHarness> = {
  name: 'capabilities',
  cases: [
    {
      name: 'refresh gives a state of the same type, leaves the old one as it was, and mints a token',
      skip: harness =>
        usesService(harness) ??
        (harness.definition.refresh === undefined ? 'the type declares no refresh' : needsFetch(harness)),
      async run(harness) {
        const { definition } = harness
        const state = await firstState(harness)
        assert.ok(definition.refresh?.supported?.(state) ?? true, 'the sample state must be refreshable')
        const before = stateJson(definition, state)
        const next = await definition.refresh?.perform(state, environmentOf(harness))
        assert.equal(stateJson(definition, state), before, 'a refresh must not change the state it was given')
        assert.ok(definition.token.serialize(mintToken(definition, next)))
        assert.deepEqual(leakScan(next, harness.sentinels), [])
      },
    },
    {
      name: 'refresh says of every state whether it rotates, and names its peer without secrets',
      skip: harness =>
        usesService(harness) ??
        (harness.definition.refresh === undefined ? 'the type declares no refresh' : undefined),
      async run(harness) {
        const { refresh } = harness.definition
        const state = await firstState(harness)
        const rotating = typeof refresh?.rotating === 'function' ? refresh.rotating(state) : refresh?.rotating
        assert.equal(typeof rotating, 'boolean')
        assert.deepEqual(leakScan(refresh?.peer?.(state) ?? '', harness.sentinels), [])
      },
    },
    {
      name: 'a state without what a refresh needs says that it is not supported',
      skip: ({ unsupportedState }) =>
        unsupportedState === undefined ? 'the harness offers no unsupportedState' : undefined,
      async run({ definition, unsupportedState }) {
        assert.equal(definition.refresh?.supported?.(unsupportedState), false)
      },
    },
    {
      name: 'verify accepts the sample token, and its answer shows no secret',
      skip: harness =>
        usesService(harness) ??
        (harness.definition.verify === undefined ? 'the type declares no verify' : needsFetch(harness)),
      async run(harness) {
        const state = await firstState(harness)
        const token = mintToken(harness.definition, state)
        const verification = await harness.definition.verify?.(token, environmentOf(harness), state)
        assert.equal(typeof verification, 'object')
        assert.deepEqual(leakScan(verification, harness.sentinels), [])
      },
    },
    {
      name: 'a service that cannot be reached is a ProviderFailure that shows no secret',
      skip: harness =>
        usesService(harness) ??
        (callsOf(harness).length === 0
          ? 'the type declares neither refresh, verify nor revoke'
          : needsFetch(harness)),
      async run(harness) {
        const state = await firstState(harness)
        for (const call of callsOf(harness)) {
          let asked = 0
          const unreachable = () => {
            asked++
            return rejectAsUnreachable()
          }
          const error = await call(state, unreachable).catch((reason: unknown) => reason ?? null)
          // A service may have nothing to ask: no revocation endpoint, for example.
          if (asked === 0 && !(error instanceof Error)) continue
          assert.ok(error instanceof Error, 'a call of an unreachable service must reject')
          assert.ok(
            error instanceof ProviderFailure || error instanceof CredentialError,
            `it must reject with a ProviderFailure, not ${String(error)}`,
          )
          assert.deepEqual(leakScan(error, harness.sentinels), [])
        }
      },
    },
    {
      name: 'only the type’s own ids are its ids',
      async run({ definition }) {
        const id = `${definition.type}_${'0'.repeat(26)}`
        assert.equal(definition.id(id), id)
        assert.throws(() => definition.id(`other_${id}`), { code: 'TYPE_MISMATCH' })
        assert.throws(() => definition.id('no id'), { code: 'INPUT_INVALID' })
      },
    },
  ],
}

/** What a type can be asked to do at its service, with a service that is down. */
function callsOf(
  harness: CredentialTypeHarness,
): readonly ((state: unknown, fetch: typeof globalThis.fetch) => Promise<unknown>)[] {
  const { definition } = harness
  const { refresh, verify, revoke } = definition
  const by = (fetch: typeof globalThis.fetch) => ({ ...environmentOf(harness), fetch })
  return [
    ...(refresh
      ? [(state: unknown, fetch: typeof globalThis.fetch) => refresh.perform(state, by(fetch))]
      : []),
    ...(verify
      ? [
          (state: unknown, fetch: typeof globalThis.fetch) =>
            verify(mintToken(definition, state), by(fetch), state),
        ]
      : []),
    ...(revoke ? [(state: unknown, fetch: typeof globalThis.fetch) => revoke(state, by(fetch))] : []),
  ]
}

function needsFetch({ fetch }: CredentialTypeHarness): string | undefined {
  return fetch === undefined ? 'the harness offers no fetch' : undefined
}

/** As undici's fetch rejects when nobody listens; the request and what it carries is among the arguments. */
async function rejectAsUnreachable(): Promise<Response> {
  throw new TypeError('fetch failed', {
    cause: Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }),
  })
}

function disposeAll(value: unknown): void {
  if (typeof value !== 'object' || value === null) return
  if (Symbol.dispose in value) (value as Disposable)[Symbol.dispose]()
  else for (const field of Object.values(value)) disposeAll(field)
}
