import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type CanonicalField, encodeCanonical } from './canonical.ts'
import { credentialKey, newCredentialId, parseCredentialId, typeOfId } from './ids.ts'
import { canTransition, lifecycle, type StoredStatus, storedStatuses } from './lifecycle.ts'
import { normalizeContext, normalizeScope, normalizeShares, type Share, scopeAllows } from './scope.ts'

const word = fc.string({ maxLength: 6 })

describe('credentialKey', () => {
  test('is injective', () => {
    fc.assert(
      fc.property(word, word, word, word, (tenantA, idA, tenantB, idB) => {
        const same = tenantA === tenantB && idA === idB
        expect(credentialKey(tenantA, idA) === credentialKey(tenantB, idB)).toBe(same)
      }),
    )
    expect(credentialKey('a', '1:b:c')).not.toBe(credentialKey('a:1:b', 'c'))
  })
})

describe('encodeCanonical', () => {
  const { field } = fc.letrec<{ field: CanonicalField }>(tie => ({
    field: fc.oneof(
      { maxDepth: 3 },
      word,
      fc.double({ noNaN: true }),
      fc.uint8Array({ maxLength: 4 }),
      fc.constant(undefined),
      fc.array(tie('field'), { maxLength: 3 }),
    ),
  }))
  const fields = fc.array(field, { maxLength: 4 })

  test('is injective', () => {
    fc.assert(
      fc.property(fields, fields, (left, right) => {
        const equal = encodeCanonical(left).equals(encodeCanonical(right))
        expect(equal).toBe(fc.stringify(left) === fc.stringify(right))
      }),
      { numRuns: 2_000 },
    )
  })

  test.for<[CanonicalField[], CanonicalField[]]>([
    [
      ['ab', 'c'],
      ['a', 'bc'],
    ],
    [[['a']], ['a']],
    [[''], [undefined]],
    [['1'], [1]],
    [[['a'], 'b'], [['a', 'b']]],
    [[new Uint8Array([97])], ['a']],
  ])('%j and %j differ', ([left, right]) => {
    expect(encodeCanonical(left).equals(encodeCanonical(right))).toBe(false)
  })
})

describe('ids', () => {
  test('name their type, and are all different', () => {
    const ids = Array.from({ length: 10_000 }, () => newCredentialId('chat_bot_2'))
    expect(new Set(ids).size).toBe(10_000)
    for (const id of ids.slice(0, 100)) expect(typeOfId(parseCredentialId(id))).toBe('chat_bot_2')
  })

  test.for(['', 'chat_bot', 'chat_bot_short', `chat_bot_${'i'.repeat(26)}`, `Chat_${'0'.repeat(26)}`, ' '])(
    '"%s" is not one',
    text => {
      expect(() => parseCredentialId(text)).toThrow(expect.objectContaining({ code: 'INPUT_INVALID' }))
    },
  )
})

describe('scope, against a model', () => {
  const name = fc.constantFrom(undefined, 'x', 'y', 'z')
  const tags = fc.uniqueArray(fc.constantFrom('a', 'b', 'c'))
  const shares = fc.array(
    fc.oneof(
      fc.constantFrom('x', 'y').map((workflowId): Share => ({ workflowId })),
      fc.constantFrom('x', 'y').map((userId): Share => ({ userId })),
    ),
    { maxLength: 3 },
  )
  const tenantId = fc.constantFrom('t1', 't2')
  const who = fc.record({ tenantId, workflowId: name, userId: name, tags })

  // The model lists, for each part, who is admitted, and asks whether the context is among them.
  const admits = (wanted: string | undefined, shared: readonly string[], asked: string | undefined) =>
    wanted === undefined ? true : [wanted, ...shared].some(admitted => admitted === asked)

  test('allows exactly what the model allows', () => {
    fc.assert(
      fc.property(who, shares, who, (scope, given, context) => {
        const workflows = given.flatMap(share => ('workflowId' in share ? [share.workflowId] : []))
        const users = given.flatMap(share => ('userId' in share ? [share.userId] : []))
        const missing = new Set(scope.tags).difference(new Set(context.tags))
        const allowed =
          scope.tenantId === context.tenantId &&
          admits(scope.workflowId, workflows, context.workflowId) &&
          admits(scope.userId, users, context.userId) &&
          missing.size === 0
        expect(scopeAllows(normalizeScope(scope), normalizeShares(given), normalizeContext(context))).toBe(
          allowed,
        )
      }),
      { numRuns: 3_000 },
    )
  })

  test('what is malformed is refused', () => {
    expect(() => normalizeScope({ tenantId: '' })).toThrow(expect.objectContaining({ code: 'INPUT_INVALID' }))
    expect(() => normalizeScope({ tenantId: 'a\nb' })).toThrow(
      expect.objectContaining({ code: 'INPUT_INVALID' }),
    )
    for (const lone of [{ tenantId: '\ud800' }, { tenantId: 'a', userId: '\udc00' }]) {
      expect(() => normalizeScope(lone)).toThrow(expect.objectContaining({ code: 'INPUT_INVALID' }))
    }
    expect(() => normalizeShares([{ workflowId: 'a', userId: 'b' }])).toThrow('one workflowId or one userId')
    expect(() => normalizeContext({ tenantId: 'a', actor: '' })).toThrow('actor')
  })
})

describe('lifecycle, against a model', () => {
  const instant = fc.integer({ min: 0, max: 20 })
  const parts = fc.record({
    status: fc.constantFrom(...storedStatuses),
    intent: fc.option(fc.record({ notAfter: instant }), { nil: undefined }),
    rotation: fc.option(
      fc.record({
        phase: fc.constantFrom('scheduled' as const, 'rotating' as const, 'grace' as const),
        graceUntil: fc.option(instant, { nil: undefined }),
      }),
      { nil: undefined },
    ),
    expiresAt: fc.option(instant, { nil: undefined }),
  })

  test('every record is in exactly the state that the rules give, in their order', () => {
    fc.assert(
      fc.property(parts, instant, (record, now) => {
        const rules = [
          ['Uninitialized', record.status === 'uninitialized'],
          ['PendingInteraction', record.status === 'pending'],
          ['Authenticating', record.status === 'authenticating'],
          ['Revoked', record.status === 'revoked'],
          ['Failed', record.status === 'failed'],
          ['Rotating', record.rotation?.phase === 'rotating'],
          ['GracePeriod', record.rotation?.phase === 'grace' && (record.rotation.graceUntil ?? 0) > now],
          ['Refreshing', record.intent !== undefined && record.intent.notAfter > now],
          ['Expired', record.expiresAt !== undefined && record.expiresAt <= now],
          ['RotationScheduled', record.rotation?.phase === 'scheduled'],
          ['Active', true],
        ] as const
        expect(lifecycle(record, now)).toBe(rules.find(([, holds]) => holds)?.[0])
      }),
      { numRuns: 3_000 },
    )
  })

  test('any walk along legal transitions ends for good at revoked, which every other status reaches', () => {
    const statuses = fc.array(fc.constantFrom(...storedStatuses), { maxLength: 30 })
    fc.assert(
      fc.property(fc.constantFrom(...storedStatuses), statuses, (start, wishes) => {
        let status: StoredStatus = start
        let wasRevoked = status === 'revoked'
        for (const wish of wishes) {
          expect(canTransition(status, 'revoked')).toBe(status !== 'revoked')
          if (!canTransition(status, wish)) continue
          expect(wasRevoked).toBe(false)
          status = wish
          wasRevoked = status === 'revoked'
        }
      }),
    )
    expect(canTransition('failed', 'active')).toBe(true)
    expect(canTransition('failed', 'failed')).toBe(false)
  })
})
