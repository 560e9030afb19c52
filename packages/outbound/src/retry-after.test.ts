import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseRetryAfter } from './retry-after.ts'

const now = Date.UTC(2026, 10, 25, 12, 0, 0)

describe('parseRetryAfter', () => {
  it.each([
    ['0', now],
    ['120', now + 120_000],
    [' 5 ', now + 5_000],
    ['Wed, 25 Nov 2026 12:00:30 GMT', now + 30_000],
    ['Wednesday, 25-Nov-26 12:00:30 GMT', now + 30_000],
    ['Wed Nov 25 12:00:30 2026', now + 30_000],
    ['Wed, 25 Nov 2020 12:00:30 GMT', now],
    ['99999999999999999999', 8.64e15],
  ])('reads %j', (value, expected) => {
    expect(parseRetryAfter(value, now)).toBe(expected)
  })

  it.each([
    null,
    undefined,
    '',
    '-5',
    '1.5',
    '5s',
    'soon',
    '2026-11-25T12:00:30Z',
    'Wed, 99 Nov 2026 12:00:30 GMT',
  ])('takes no instant from %j', value => {
    expect(parseRetryAfter(value, now)).toBeUndefined()
  })

  it('reads every date it is written, to the second', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 31 }), seconds => {
        const date = new Date(now + seconds * 1_000)
        expect(parseRetryAfter(date.toUTCString(), now)).toBe(date.getTime())
      }),
    )
  })
})
