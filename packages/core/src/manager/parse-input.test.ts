import { leakScan } from '@nebula-credential/testing'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { apiKeyToken, type CredentialError, defineCredential, secret } from '../index.ts'
import { parseInput } from './parse-input.ts'

const sentinel = 'sentinel-key'
const lamp = defineCredential({
  type: 'lamp_key',
  input: z
    .strictObject({
      key: secret(z.string().regex(/^lamp-\d+$/, 'must be the key that is printed on the lamp')),
      watt: z
        .number()
        .refine(watt => watt < 100, { error: issue => `${issue.input} is too bright` })
        .optional(),
      note: z.string().optional(),
      room: z.object({ name: z.string().refine(name => name === 'attic') }).optional(),
    })
    .superRefine((lamp, context) => {
      if (lamp.note !== undefined) {
        context.addIssue({ code: 'custom', path: ['watt'], message: `does not go with ${lamp.note}` })
      }
    }),
  state: z.object({ key: secret() }),
  token: apiKeyToken,
  initialize: ({ key }) => ({ key }),
  access: ({ key }) => ({ value: key }),
})

async function issuesOf(input: unknown) {
  const error = await parseInput(lamp, input).then(
    () => expect.unreachable('it should have been refused'),
    (reason: CredentialError) => reason,
  )
  expect(error.code).toBe('INPUT_INVALID')
  expect(leakScan(error, [sentinel])).toEqual([])
  return error.issues
}

describe('input that does not fit', () => {
  test("is refused in the words of the schema's author", async () => {
    expect(await issuesOf({ key: sentinel })).toEqual([
      { path: 'key', reason: 'must be the key that is printed on the lamp' },
    ])
  })

  test('is refused in general words where the author gave none, or quotes what was supplied', async () => {
    expect(await issuesOf({ key: 'lamp-1', watt: 1234, room: { name: sentinel } })).toEqual([
      { path: 'watt', reason: 'is not accepted' },
      { path: 'room.name', reason: 'is not accepted' },
    ])
    expect(await issuesOf({ key: 'lamp-1', note: ` ${sentinel} ` })).toEqual([
      { path: 'watt', reason: 'is not accepted' },
    ])
    expect(await issuesOf({ key: 7 })).toEqual([{ path: 'key', reason: 'is missing or has the wrong type' }])
  })

  test('names the fields that there are, not the one that was given', async () => {
    expect(await issuesOf({ key: 'lamp-1', [sentinel]: true })).toEqual([
      { path: '(input)', reason: 'has a field that is not known; known are key, watt, note, room' },
    ])
  })

  test('yields the decoded input where it fits', async () => {
    const decoded = (await parseInput(lamp, { key: 'lamp-1' })) as { key: { expose(): string } }
    expect(decoded.key.expose()).toBe('lamp-1')
  })
})
