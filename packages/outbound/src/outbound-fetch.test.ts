import { expect, it } from 'vitest'
import { loopbackServer } from '../test/loopback-server.ts'
import { outboundFetch } from './outbound-fetch.ts'

it('is the given fetch', () => {
  expect(outboundFetch({ fetch })).toBe(fetch)
})

it('is one guarded fetch when none is given', async () => {
  await using server = await loopbackServer((_, response) => response.end())
  expect(outboundFetch({})).toBe(outboundFetch({}))
  await expect(outboundFetch({})(server.origin)).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
  await expect(outboundFetch({})(server.origin.replace('http:', 'https:'))).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
  })
  expect(server.requests).toEqual([])
})
