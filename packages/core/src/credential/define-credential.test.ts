import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { secret } from '../secret/secret-schema.ts'
import { lend } from '../secret/secret-string.ts'
import { defineCredential } from './define-credential.ts'
import { CredentialRegistry } from './registry.ts'
import { bearerToken, tokenKind } from './token-kind.ts'

const state = z.object({ key: secret() })
const definition = (
  type: string,
  stateVersion?: number,
  migrate?: Record<number, (json: never) => unknown>,
) =>
  defineCredential({
    type,
    input: state,
    state,
    token: bearerToken,
    initialize: input => input,
    access: ({ key }) => ({ value: key }),
    ...(stateVersion !== undefined && { stateVersion }),
    ...(migrate !== undefined && { migrate }),
  })

describe('defineCredential', () => {
  test.for(['', 'Upper', '1st', 'with-dash', 'a'.repeat(64)])('refuses the type name "%s"', type => {
    expect(() => definition(type)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }))
  })

  test('wants a migration from every older state version', () => {
    expect(() => definition('bot', 3, { 1: json => json })).toThrow('no migration from 2')
    expect(definition('bot', 2, { 1: json => json }).stateVersion).toBe(2)
  })

  test('types ids of its own only', () => {
    const bot = definition('bot')
    const id = `bot_${'0'.repeat(26)}`
    expect(bot.id(id)).toBe(id)
    expect(() => bot.id(`other_bot_${'0'.repeat(26)}`)).toThrow(
      expect.objectContaining({ code: 'TYPE_MISMATCH' }),
    )
    expect(() => bot.id('bot')).toThrow(expect.objectContaining({ code: 'INPUT_INVALID' }))
  })
})

test('a registry keeps one definition a name', () => {
  const registry = new CredentialRegistry()
  const bot = definition('bot')
  registry.register(bot)
  registry.register(bot)
  expect(registry.get('bot')).toBe(bot)
  expect(() => registry.register(definition('bot'))).toThrow(
    expect.objectContaining({ code: 'ALREADY_EXISTS' }),
  )
  expect(() => registry.get('cat')).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }))
})

test('a token kind of a package of its own is minted frozen, and read back from a cache', () => {
  const ticket = tokenKind('ticket', { realm: z.string() })
  const token = ticket.mint({ realm: 'EXAMPLE.COM', expiresAt: 5 }, 3)
  expect(Object.isFrozen(token)).toBe(true)
  expect(ticket.parse(ticket.serialize(token))).toEqual(token)
  expect(() => ticket.parse('{"kind":"other","generation":1,"realm":"x"}')).toThrow()
  const bearer = bearerToken.mint({ value: lend('x'), scope: undefined }, 1)
  expect(bearerToken.parse(bearerToken.serialize(bearer)).value.expose()).toBe('x')
})
