import { Client } from 'pg'
import type { StoredBytes } from './at-rest.ts'
import { tables } from './edit-postgres-audit.ts'

/** All rows of a schema as text, in which bytes stand in hex. */
export function rowsIn(url: string, schema: string): Promise<StoredBytes[]> {
  return connected(url, async client => {
    const found: StoredBytes[] = []
    for (const table of tables) {
      const { rows } = await client.query(`SELECT stored::text AS text FROM ${schema}.${table} AS stored`)
      found.push(...rows.map(({ text }) => ({ name: `a row of ${table}`, bytes: Buffer.from(text) })))
    }
    return found
  })
}

/** Leaves the server as it was. */
export async function dropSchemas(url: string, ...schemas: readonly string[]): Promise<void> {
  await connected(url, client => client.query(`DROP SCHEMA IF EXISTS ${schemas.join(', ')} CASCADE`))
}

async function connected<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client(url)
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}
