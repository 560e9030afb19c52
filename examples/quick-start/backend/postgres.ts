import { randomBytes } from 'node:crypto'
import { PostgresStateStore } from '@nebula-credential/storage-postgres'
import { PostgresServer } from '../../../tools/services/postgres-server.ts'
import { assertUsable } from './assert-usable.ts'
import { filesIn } from './at-rest.ts'
import type { Backend, Location } from './backend.ts'
import { copyWithEditedEvent } from './edit-postgres-audit.ts'
import { dropSchemas, rowsIn } from './given-postgres.ts'
import { shortLeases } from './short-leases.ts'

/** A PostgreSQL database. */
export const postgresBackend: Backend = {
  start: folder => {
    const given = process.env.NEBULA_POSTGRES_URL
    return given ? useGiven(given, folder) : startOwn(folder)
  },
  choose: (builder, { url = '', schema }) =>
    builder.withStorage(new PostgresStateStore(url, { schema, leaseTiming: shortLeases })),
  openStore: ({ url = '', schema }) => new PostgresStateStore(url, { schema }),
  async atRest({ folders, given, url = '', schema = '' }) {
    return [...filesIn(folders), ...(given ? await rowsIn(url, schema) : [])]
  },
  async copyWithEditedEvent(location, edit) {
    const { url = '', schema = '' } = location
    const copy = copyOf(schema)
    await copyWithEditedEvent(url, schema, copy, edit)
    return { ...location, ...place(url, copy) }
  },
}

async function startOwn(folder: string): Promise<Location & AsyncDisposable> {
  const server = await PostgresServer.start({ durable: true })
  return {
    ...place(server.url, 'nebula'),
    folders: [server.process.folder, folder],
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

async function useGiven(url: string, folder: string): Promise<Location & AsyncDisposable> {
  const schema = `quick_start_${randomBytes(6).toString('hex')}`
  await assertUsable(new PostgresStateStore(url, { schema }))
  return {
    ...place(url, schema),
    given: true,
    folders: [folder],
    [Symbol.asyncDispose]: () => dropSchemas(url, schema, copyOf(schema)),
  }
}

function copyOf(schema: string): string {
  return `${schema}_copy`
}

function place(url: string, schema: string) {
  const { host, pathname } = new URL(url)
  return { description: `PostgreSQL ${host}${pathname}, schema ${schema}`, url, schema }
}
