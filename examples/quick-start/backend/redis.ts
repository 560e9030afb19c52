import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { RedisStateStore } from '@nebula-credential/storage-redis'
import { SqliteAuditSink } from '@nebula-credential/storage-sqlite'
import { RedisServer } from '../../../tools/services/redis-server.ts'
import { assertUsable } from './assert-usable.ts'
import { filesIn } from './at-rest.ts'
import type { Backend, Location } from './backend.ts'
import { copyWithEditedEvent } from './edit-sqlite-audit.ts'
import { recordsIn, removeKeys } from './given-redis.ts'
import { shortLeases } from './short-leases.ts'

/**
 * A Redis with an append-only file. The audit goes to an SQLite file: a chain of evidence must not lose its last
 * entries, which a fail-over of Redis may, so storage-redis has no sink for it.
 */
export const redisBackend: Backend = {
  start: folder => {
    const given = process.env.NEBULA_REDIS_URL
    return given ? useGiven(given, folder) : startOwn(folder)
  },
  choose: (builder, { url = '', keyPrefix, file = '' }) =>
    builder
      .withStorage(new RedisStateStore(url, { keyPrefix, leaseTiming: shortLeases }))
      .withAudit(new SqliteAuditSink(file)),
  openStore: ({ url = '', keyPrefix }) => new RedisStateStore(url, { keyPrefix }),
  async atRest({ folders, given, url = '', keyPrefix = '' }) {
    return [...filesIn(folders), ...(given ? await recordsIn({ url, keyPrefix }) : [])]
  },
  async copyWithEditedEvent(location, edit) {
    const file = copyWithEditedEvent(location.file ?? '', edit)
    return { ...location, file, description: `the audit's SQLite file ${file}` }
  },
}

async function startOwn(folder: string): Promise<Location & AsyncDisposable> {
  const server = await RedisServer.start({ args: ['--appendfsync', 'always'] })
  return {
    ...place(server.url, 'nebula', folder),
    folders: [server.process.folder, folder],
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

async function useGiven(url: string, folder: string): Promise<Location & AsyncDisposable> {
  const keyPrefix = `quick-start-${randomBytes(6).toString('hex')}`
  await assertUsable(new RedisStateStore(url, { keyPrefix }))
  return {
    ...place(url, keyPrefix, folder),
    given: true,
    folders: [folder],
    [Symbol.asyncDispose]: () => removeKeys({ url, keyPrefix }),
  }
}

function place(url: string, keyPrefix: string, folder: string) {
  const file = join(folder, 'audit.db')
  const description = `Redis at ${new URL(url).host}, prefix ${keyPrefix}, and the audit in SQLite file ${file}`
  return { description, file, url, keyPrefix }
}
