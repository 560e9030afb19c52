import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { EventEdit } from './backend.ts'

/** Copies an SQLite file, edits an audit entry of the copy, and returns its path. */
export function copyWithEditedEvent(file: string, { chain, sequence, from, to }: EventEdit): string {
  const copy = join(dirname(file), 'copy.db')
  copyDatabase(file, copy)
  using database = new DatabaseSync(copy)
  const edit = database.prepare(
    `UPDATE audit_entry SET event = replace(event, ?, ?)
     WHERE sequence = ? AND chain_id = (SELECT chain_id FROM audit_chain WHERE name = ?)`,
  )
  edit.run(from, to, sequence, chain)
  return copy
}

function copyDatabase(from: string, to: string): void {
  using database = new DatabaseSync(from)
  database.prepare('VACUUM INTO ?').run(to)
}
