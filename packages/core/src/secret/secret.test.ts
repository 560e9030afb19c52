import { leakScan } from '@nebula-credential/testing'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { disposeSecrets, Ephemeral } from './ephemeral.ts'
import { lentSecret, secret } from './secret-schema.ts'
import { LentSecret, lend, SecretString } from './secret-string.ts'

const value = 'sentinel-secret-value'

describe.for([
  ['SecretString', () => SecretString.from(value)],
  ['LentSecret', () => new LentSecret(value)],
] as const)('%s', ([, make]) => {
  test('comes out by expose alone', () => {
    expect(make().expose()).toBe(value)
    const error = new Error(`failed with ${make()}`)
    for (const shown of [make(), { nested: [make()] }, error]) expect(leakScan(shown, [value])).toEqual([])
    expect(`${make()}${JSON.stringify({ a: make() })}`).toBe('[secret]{"a":"[secret]"}')
  })

  test('compares by value', () => {
    expect(make().equals(SecretString.from(value))).toBe(true)
    expect(make().equals(lend('sentinel-secret-valuE'))).toBe(false)
    expect(make().equals(lend('short'))).toBe(false)
  })
})

test('any string comes out as it went in', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), text => {
      expect(SecretString.from(text).expose()).toBe(text)
    }),
  )
})

test('a disposed secret is gone, and what was lent of it is not', () => {
  const owned = SecretString.from(value)
  const lent = lend(owned)
  {
    using state = new Ephemeral({ deep: [{ owned }], bytes: new Uint8Array([1, 2]) })
    expect(state.value.deep[0]?.owned.expose()).toBe(value)
  }
  expect(() => owned.expose()).toThrow('disposed')
  expect(lent.expose()).toBe(value)
  expect(Object.isFrozen(lent)).toBe(true)
})

test('disposing reaches through plain objects only', () => {
  const owned = SecretString.from(value)
  class Holder {
    readonly owned = owned
  }
  disposeSecrets({ holder: new Holder(), nothing: null, text: 'x' })
  expect(owned.expose()).toBe(value)
})

describe('secret()', () => {
  const schema = z.object({ token: secret(z.string().regex(/^tok_/)), lent: lentSecret().optional() })

  test('round-trips through JSON', () => {
    const decoded = z.decode(schema, { token: 'tok_1', lent: 'x' })
    expect(decoded.token).toBeInstanceOf(SecretString)
    expect(JSON.parse(JSON.stringify(z.encode(schema, decoded)))).toEqual({ token: 'tok_1', lent: 'x' })
  })

  test('refuses what its own schema refuses', () => {
    for (const token of ['', 'other', 7]) expect(schema.safeParse({ token }).success).toBe(false)
  })
})
