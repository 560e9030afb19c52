import { join } from 'node:path'
import { SqliteDistributedLock, SqliteStateStore } from '@nebula-credential/storage-sqlite'
import { filesIn } from './at-rest.ts'
import type { Backend } from './backend.ts'
import { copyWithEditedEvent } from './edit-sqlite-audit.ts'
import { shortLeases } from './short-leases.ts'

/** One SQLite file. */
export const sqliteBackend: Backend = {
  async start(folder) {
    const file = join(folder, 'nebula.db')
    return {
      description: `SQLite file ${file}`,
      file,
      folders: [folder],
      async [Symbol.asyncDispose]() {},
    }
  },
  choose: (builder, { file = '' }) =>
    builder.withStorage(new SqliteStateStore(file)).withLock(new SqliteDistributedLock(file, shortLeases)),
  openStore: ({ file = '' }) => new SqliteStateStore(file),
  atRest: async ({ folders }) => filesIn(folders),
  async copyWithEditedEvent(location, edit) {
    const file = copyWithEditedEvent(location.file ?? '', edit)
    return { ...location, file, description: `SQLite file ${file}` }
  },
}
