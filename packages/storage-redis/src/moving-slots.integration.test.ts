import { sampleId, sampleRecord } from '@nebula-credential/testing'
import { Cluster } from 'ioredis'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { RedisCluster } from '../../../tools/services/redis-cluster.ts'
import type { RedisServer } from '../../../tools/services/redis-server.ts'
import { unlessUnavailable } from '../../../tools/services/service-unavailable.ts'
import { openClient, uniquePrefix, withoutRedis } from '../test/redis-harness.ts'
import { Keyspace } from './keyspace.ts'
import { RedisStateStore } from './state-store.ts'

let cluster: RedisCluster | undefined

beforeAll(async () => {
  cluster = await unlessUnavailable('a cluster that moves slots', () => RedisCluster.start())
}, 60_000)
beforeEach(context => context.skip(cluster === undefined, withoutRedis))
afterAll(async () => await cluster?.[Symbol.asyncDispose]())

const tenantId = 'acme'
const moving = { code: 'STORAGE_UNAVAILABLE', message: expect.stringContaining('moving slots') }

it('loses no record and no index entry while a cluster moves its slot', async () => {
  const { nodes, urls } = cluster as RedisCluster
  const client = new Cluster([...urls], { retryDelayOnTryAgain: 5 })
  const keyPrefix = uniquePrefix()
  const store = new RedisStateStore(client, { keyPrefix })
  const found = async () => {
    const { records } = await store.list({}, { limit: 100 })
    return records.map(({ id }) => id)
  }
  const ids = [0, 1, 2].map(number => sampleId(number))
  for (const id of ids) await store.create(sampleRecord({ id, dueAt: 1 }))

  const move = await startMove(nodes, new Keyspace(keyPrefix).root(tenantId))
  const isRecord = (name: string) => name.includes('record:')
  const late = sampleRecord({ id: sampleId(3), dueAt: 1 })
  // A new record belongs to the target already, its indexes are at the source.
  await expect(store.create(late)).rejects.toMatchObject(moving)
  expect(await found()).toEqual(ids)
  await store.replace(sampleRecord({ id: sampleId(0), dueAt: 1, version: 2 }))

  await move.keys(name => !isRecord(name))
  await expect(found()).rejects.toMatchObject(moving)
  await expect(store.replace(sampleRecord({ id: sampleId(0), version: 3 }))).rejects.toMatchObject(moving)
  expect(await store.get(tenantId, sampleId(0))).toMatchObject({ version: 2 })

  await move.keys(isRecord)
  expect(await found()).toEqual(ids)
  await store.replace(sampleRecord({ id: sampleId(0), dueAt: 1, version: 3 }))
  await move.end()
  await store.create(late)
  expect(await found()).toEqual([...ids, late.id])
  await store.delete({ tenantId, id: late.id }, 1)
  expect(await found()).toEqual(ids)

  await store.close()
  client.disconnect()
})

/** Begins to move the slot of a key to another node, as an operator's tool does. */
async function startMove(nodes: readonly RedisServer[], key: string) {
  const slot = String(await nodes[0]?.command('CLUSTER', 'KEYSLOT', key)).trim()
  const holds = await Promise.all(nodes.map(node => node.command('CLUSTER', 'COUNTKEYSINSLOT', slot)))
  const at = holds.findIndex(count => Number(count) > 0)
  const source = nodes[at] as RedisServer
  const target = nodes[(at + 1) % nodes.length] as RedisServer
  const [sourceId, targetId] = [
    await source.command('CLUSTER', 'MYID'),
    await target.command('CLUSTER', 'MYID'),
  ]
  await target.command('CLUSTER', 'SETSLOT', slot, 'IMPORTING', sourceId.trim())
  await source.command('CLUSTER', 'SETSLOT', slot, 'MIGRATING', targetId.trim())
  const client = openClient(source.url)
  return {
    async keys(which: (name: string) => boolean) {
      const names = (await client.call('CLUSTER', 'GETKEYSINSLOT', slot, '1000')) as string[]
      for (const name of names.filter(which)) {
        await client.call('MIGRATE', target.host, target.port, name, 0, 1_000)
      }
    },
    async end() {
      client.disconnect()
      const others = nodes.filter(node => node !== target)
      for (const node of [target, ...others]) {
        await node.command('CLUSTER', 'SETSLOT', slot, 'NODE', targetId.trim())
      }
    },
  }
}
