import { Redis } from 'ioredis'
import type { StoredBytes } from './at-rest.ts'

/** The part of a Redis that is this program's. */
interface Part {
  readonly url: string
  readonly keyPrefix: string
}

/** All records under the prefix. They are hashes; everything else there is an index of their names. */
export function recordsIn(part: Part): Promise<StoredBytes[]> {
  return eachKey(part, async (client, key) => {
    if ((await client.type(key)) !== 'hash') return []
    const fields = await client.hgetallBuffer(key)
    return [{ name: `key ${key}`, bytes: Buffer.concat([Buffer.from(key), ...Object.values(fields)]) }]
  })
}

/** Leaves the server as it was. */
export async function removeKeys(part: Part): Promise<void> {
  await eachKey(part, async (client, key) => [await client.unlink(key)])
}

async function eachKey<T>(
  { url, keyPrefix }: Part,
  work: (client: Redis, key: string) => Promise<T[]>,
): Promise<T[]> {
  const client = new Redis(url, { retryStrategy: null })
  try {
    const found = new Set<string>()
    for await (const keys of client.scanStream({ match: `*${keyPrefix}*`, count: 1_000 })) {
      for (const key of keys as string[]) found.add(key)
    }
    return (await Promise.all([...found].map(key => work(client, key)))).flat()
  } finally {
    client.disconnect()
  }
}
