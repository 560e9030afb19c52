import { migratePostgres } from '@nebula-credential/storage-postgres'
import { Client } from 'pg'
import type { EventEdit } from './backend.ts'

/** What is copied and searched. Labels are kept by triggers of `credential`; leases are nobody's evidence. */
export const tables = ['header', 'credential', 'audit_chain', 'audit_entry', 'outbox_entry']

/** Copies a schema to another one of the same database, and edits an audit entry of the copy. */
export async function copyWithEditedEvent(
  url: string,
  schema: string,
  copy: string,
  { chain, sequence, from, to }: EventEdit,
): Promise<void> {
  await migratePostgres(url, { schema: copy })
  const client = new Client(url)
  await client.connect()
  try {
    for (const table of tables) {
      await client.query(
        `INSERT INTO ${copy}.${table} OVERRIDING SYSTEM VALUE SELECT * FROM ${schema}.${table}`,
      )
    }
    await client.query(
      `UPDATE ${copy}.audit_entry SET event = replace(event, $1, $2)
       WHERE sequence = $3 AND chain_id = (SELECT chain_id FROM ${copy}.audit_chain WHERE name = $4)`,
      [from, to, sequence, chain],
    )
  } finally {
    await client.end()
  }
}
