import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isCredentialError } from '../errors.ts'
import { decodeCursor, encodeCursor, readListRequest } from './list-request.ts'

const position = fc.record(
  { tenantId: fc.string({ unit: 'binary' }), id: fc.string(), dueAt: fc.maxSafeInteger() },
  { requiredKeys: ['tenantId', 'id'] },
)

test('a cursor comes back as the position it was made from', () => {
  fc.assert(
    fc.property(position, where => {
      expect(decodeCursor(encodeCursor(where))).toEqual(where)
    }),
  )
})

test('no two positions share a cursor', () => {
  fc.assert(
    fc.property(position, position, (left, right) => {
      const same = left.tenantId === right.tenantId && left.id === right.id && left.dueAt === right.dueAt
      expect(encodeCursor(left) === encodeCursor(right)).toBe(same)
    }),
  )
})

test('whatever is no cursor is refused', () => {
  fc.assert(
    fc.property(fc.string(), text => {
      expect(codeOf(() => decodeCursor(text))).toBe('INPUT_INVALID')
    }),
  )
})

test('a cursor of due records does not go on in another list, nor the other way round', () => {
  const due = encodeCursor({ tenantId: 't', id: 'i', dueAt: 5 })
  const plain = encodeCursor({ tenantId: 't', id: 'i' })
  expect(readListRequest({ dueBefore: 9 }, { limit: 1, cursor: due }).after).toEqual({
    ...{ tenantId: 't', id: 'i', dueAt: 5 },
  })
  expect(codeOf(() => readListRequest({}, { limit: 1, cursor: due }))).toBe('INPUT_INVALID')
  expect(codeOf(() => readListRequest({ dueBefore: 9 }, { limit: 1, cursor: plain }))).toBe('INPUT_INVALID')
})

function codeOf(work: () => unknown): string | undefined {
  try {
    work()
    return undefined
  } catch (error) {
    return isCredentialError(error) ? error.code : 'another error'
  }
}
