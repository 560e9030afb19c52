import { describe, expect, test } from 'vitest'
import { RedisServer } from '../tools/services/redis-server.ts'
import { unlessUnavailable } from '../tools/services/service-unavailable.ts'
import { backends } from './herd/backend/backends.ts'
import { runBench } from './run-bench.ts'
import { scaleBackends } from './scale/backends.ts'
import { questions } from './scale/questions.ts'

// Whether the programs run at all, at sizes of no meaning. Their times are nobody's promise.
test.each([
  ['hit.ts', ['20', '1']],
  ['cold.ts', ['20', '1']],
  ['memory.ts', ['20']],
  ['peers.ts', ['3', '1']],
])('%s measures', async (file, given) => {
  const { figures } = await runBench({ file, arguments: given })
  expect(figures).not.toHaveLength(0)
  for (const { ratio, what } of figures) expect(Number.isFinite(ratio), what).toBe(true)
})

describe.each(Object.entries(backends))('herd.ts on %s', (backend, { open }) => {
  test('counts one token request for all callers of two processes', async context => {
    const place = await unlessUnavailable(`herd.ts on ${backend}`, open)
    context.skip(!place, 'its server cannot be had here')
    await place?.close()
    const given = ['--backend', backend, '--processes', '2', '--callers', '20', '--runs', '1']
    const { figures } = await runBench({ file: 'herd.ts', arguments: given })
    const counted = Object.fromEntries(figures.map(({ what, ratio }) => [what, ratio]))
    expect(counted).toMatchObject({
      [`token requests, ${backend}`]: 1,
      invalid_grant: 0,
      'callers without a token': 0,
      'different tokens handed out': 1,
    })
  })
})

test('lock.ts measures every lock, and wake-ups near and far', async context => {
  const server = await unlessUnavailable('lock.ts', () => RedisServer.start())
  context.skip(!server, 'Redis cannot be had here')
  await server?.[Symbol.asyncDispose]()
  const { figures } = await runBench({ file: 'lock.ts', arguments: ['1', '5', '4'] })
  const named = (part: string) => figures.filter(({ what }) => what.includes(part))
  expect(named('acquire + release')).toHaveLength(4)
  expect(named('wake-up')).toHaveLength(6)
  expect(figures.filter(({ against }) => against.startsWith('one message'))).toHaveLength(4)
  for (const { ratio, what } of figures) expect(ratio, what).toBeGreaterThan(0)
})

describe.each(Object.entries(scaleBackends))('scale.ts on %s', (backend, open) => {
  test('asks both stores every question', async context => {
    const opened = await unlessUnavailable(`scale.ts on ${backend}`, open)
    context.skip(!opened, 'its server cannot be had here')
    await opened?.[Symbol.asyncDispose]()
    const given = ['--backend', backend, '--many', '3000', '--rounds', '2', '--calls', '5']
    const { title, figures } = await runBench({ file: 'scale.ts', arguments: given })
    expect(title).toContain('3,000 credentials against 1,000')
    expect(figures.map(({ what }) => what)).toEqual(questions.map(({ what }) => what))
    for (const { ratio, what } of figures) expect(ratio, what).toBeGreaterThan(0)
  })
})

describe.each(Object.entries(backends))('revoke.ts on %s', (backend, { open }) => {
  test('sees the other process stop, told or not', async context => {
    const place = await unlessUnavailable(`revoke.ts on ${backend}`, open)
    context.skip(!place, 'its server cannot be had here')
    await place?.close()
    const given = ['--backend', backend, '--runs', '3', '--held', '3', '--l1', '300']
    const { figures } = await runBench({ file: 'revoke.ts', arguments: given })
    expect(figures).toHaveLength(backend === 'sqlite' ? 3 : 9)
    for (const { ratio, what } of figures) expect(ratio, what).toBeGreaterThanOrEqual(0)
  })
})
