import { CredentialError } from '@nebula-credential/core'
import type { RedisConnection } from './redis-connection.ts'

/**
 * Refuses servers that would forget what they acknowledged: without an append-only file a restart does, with an
 * evicting policy any busy moment.
 * @throws CredentialError CONFIG_INVALID; STORAGE_UNAVAILABLE
 */
export async function assertDurable(connection: RedisConnection): Promise<void> {
  const nodes = await connection.writableNodes()
  await Promise.all(
    nodes.map(async node => {
      const [persistence, memory] = await connection.call(() =>
        Promise.all([node.info('persistence'), node.info('memory')]),
      )
      const { host, port } = node.options
      if (field(persistence, 'aof_enabled') !== '1') {
        throw refusal(connection.name, `${host}:${port} keeps no append-only file: set "appendonly yes"`)
      }
      const policy = field(memory, 'maxmemory_policy')
      if (field(memory, 'maxmemory') !== '0' && policy?.startsWith('allkeys-')) {
        throw refusal(connection.name, `${host}:${port} evicts any key: set "maxmemory-policy noeviction"`)
      }
    }),
  )
}

function refusal(name: string, reason: string): CredentialError {
  return new CredentialError(
    'CONFIG_INVALID',
    `${name} would lose credentials. ${reason}, or keep state in PostgreSQL or SQLite. (dangerouslyVolatile: true is for tests.)`,
  )
}

function field(info: string, name: string): string | undefined {
  return info
    .split('\r\n')
    .find(line => line.startsWith(`${name}:`))
    ?.slice(name.length + 1)
}
