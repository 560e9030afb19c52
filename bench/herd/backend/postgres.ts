import { randomBytes } from 'node:crypto'
import { CredentialManager } from '@nebula-credential/core'
import { PostgresStateStore } from '@nebula-credential/storage-postgres'
import { PostgresServer } from '../../../tools/services/postgres-server.ts'
import type { Backend } from './backend.ts'

// One server for all herds of this program, and a schema for each. Its guardian ends it with the program.
let server: Promise<PostgresServer> | undefined

export const postgres: Backend = {
  async open() {
    server ??= PostgresServer.start({ durable: true })
    const { url } = await server
    const schema = `herd_${randomBytes(6).toString('hex')}`
    return { location: JSON.stringify({ url, schema }), close: async () => {} }
  },
  connect(location) {
    const { url, schema } = JSON.parse(location) as { url: string; schema: string }
    return CredentialManager.builder().withStorage(new PostgresStateStore(url, { schema }))
  },
}
