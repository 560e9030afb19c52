import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { SqliteDistributedLock, SqliteStateStore } from '@nebula-credential/storage-sqlite'
import type { Backend } from './backend.ts'

/** One SQLite file. Without `withLock` the store's own lock serves, whose leases outlive a killed process by 30 s. */
export function sqliteBackend(folder: string, file = 'nebula.db'): Backend {
  const path = join(folder, file)
  return {
    description: `SQLite file ${path}`,
    choose: builder =>
      builder
        .withStorage(new SqliteStateStore(path))
        .withLock(new SqliteDistributedLock(path, { ttlMs: 3_000, renewEveryMs: 1_000 })),
    openStore: () => new SqliteStateStore(path),
    bytesAtRest: () =>
      readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter(entry => entry.isFile())
        .map(({ name, parentPath }) => ({ name, bytes: readFileSync(join(parentPath, name)) })),
    copyWithEditedEvent(chain, sequence, from, to) {
      const copy = 'copy.db'
      copyDatabase(path, join(folder, copy))
      editEvent(join(folder, copy), chain, sequence, from, to)
      return sqliteBackend(folder, copy)
    },
  }
}

function copyDatabase(from: string, to: string): void {
  using database = new DatabaseSync(from)
  database.prepare('VACUUM INTO ?').run(to)
}

function editEvent(path: string, chain: string, sequence: number, from: string, to: string): void {
  using database = new DatabaseSync(path)
  const edit = database.prepare(
    `UPDATE audit_entry SET event = replace(event, ?, ?)
     WHERE sequence = ? AND chain_id = (SELECT chain_id FROM audit_chain WHERE name = ?)`,
  )
  edit.run(from, to, sequence, chain)
}
