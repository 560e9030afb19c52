import { SecretString } from '@nebula-credential/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bearerOf, mergeTokens, type TokenResponse, type TokenSet } from './token-set.ts'

const text = fc.string({ minLength: 1 })
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined })
const secretText = (value: SecretString | undefined) => value?.expose()

const previousTokens: fc.Arbitrary<TokenSet> = fc
  .record({ access: text, refresh: maybe(text), id: maybe(text), scope: maybe(text), at: fc.nat(2 ** 40) })
  .map(({ access, refresh, id, scope, at }) => ({
    accessToken: SecretString.from(access),
    obtainedAt: at,
    expiresAt: at + 1,
    refreshAt: at,
    refreshToken: refresh === undefined ? undefined : SecretString.from(refresh),
    idToken: id === undefined ? undefined : SecretString.from(id),
    scope,
  }))

const responses: fc.Arbitrary<TokenResponse> = fc.record(
  {
    access_token: text,
    expires_in: fc.oneof(fc.nat(), fc.double({ min: 0, noNaN: true })),
    refresh_in: fc.anything(),
    scope: text,
    refresh_token: text,
    id_token: text,
  },
  { requiredKeys: ['access_token'] },
)

const startedAt = 1_800_000_000_000
const options = { startedAt, lifetimeMs: 3_600_000 }

describe('mergeTokens', () => {
  it('keeps what a response leaves out, and replaces what it brings', () => {
    fc.assert(
      fc.property(previousTokens, responses, (previous, response) => {
        const next = mergeTokens(previous, response, options)
        expect(next.accessToken.expose()).toBe(response.access_token)
        expect(secretText(next.refreshToken)).toBe(
          response.refresh_token ?? secretText(previous.refreshToken),
        )
        expect(secretText(next.idToken)).toBe(response.id_token ?? secretText(previous.idToken))
        expect(next.scope).toBe(response.scope ?? previous.scope)
      }),
    )
  })

  it('leaves the last value of each after any number of responses', () => {
    fc.assert(
      fc.property(previousTokens, fc.array(responses, { maxLength: 8 }), (first, series) => {
        const last = series.reduce<TokenSet>(
          (tokens, response) => mergeTokens(tokens, response, options),
          first,
        )
        const lastOf = (name: 'refresh_token' | 'id_token' | 'scope') =>
          series.findLast(response => response[name] !== undefined)?.[name]
        expect(secretText(last.refreshToken)).toBe(lastOf('refresh_token') ?? secretText(first.refreshToken))
        expect(secretText(last.idToken)).toBe(lastOf('id_token') ?? secretText(first.idToken))
        expect(last.scope).toBe(lastOf('scope') ?? first.scope)
      }),
    )
  })

  it('gives every token an end, counted from the start of the request and never taken from the old one', () => {
    fc.assert(
      fc.property(previousTokens, responses, (previous, response) => {
        const { obtainedAt, expiresAt = Number.NaN, refreshAt } = mergeTokens(previous, response, options)
        expect(obtainedAt).toBe(startedAt)
        expect(Number.isFinite(new Date(expiresAt).getTime())).toBe(true)
        // JSON can say 1e999, which is no lifetime either.
        if (!Number.isFinite(response.expires_in ?? Number.NaN))
          expect(expiresAt).toBe(startedAt + options.lifetimeMs)
        else expect(expiresAt).toBe(Math.min(startedAt + (response.expires_in ?? 0) * 1000, 8.64e15))
        if (refreshAt !== undefined) {
          expect(refreshAt).toBeGreaterThanOrEqual(startedAt)
          expect(refreshAt).toBeLessThan(expiresAt)
        }
      }),
    )
  })

  it("takes the server's hint when to refresh", () => {
    const response = { access_token: 'a', expires_in: 3600 }
    expect(mergeTokens(undefined, { ...response, refresh_in: 1800 }, options).refreshAt).toBe(
      startedAt + 1_800_000,
    )
    expect(mergeTokens(undefined, { ...response, refresh_in: '1800' }, options).refreshAt).toBe(
      startedAt + 1_800_000,
    )
    for (const refresh_in of [3600, -1, 'soon', null, {}, Number.NaN]) {
      expect(mergeTokens(undefined, { ...response, refresh_in }, options)).not.toHaveProperty('refreshAt')
    }
  })

  it('does not let an empty refresh token replace one', () => {
    const previous = mergeTokens(undefined, { access_token: 'a', refresh_token: 'r' }, options)
    expect(
      mergeTokens(previous, { access_token: 'b', refresh_token: '' }, options).refreshToken?.expose(),
    ).toBe('r')
  })
})

it('shows of the tokens only the access token', () => {
  const tokens = mergeTokens(
    undefined,
    { access_token: 'a', refresh_token: 'r', id_token: 'i', scope: 's' },
    options,
  )
  expect(Object.keys(bearerOf(tokens)).sort()).toEqual([
    'expiresAt',
    'obtainedAt',
    'refreshAt',
    'scope',
    'value',
  ])
})
