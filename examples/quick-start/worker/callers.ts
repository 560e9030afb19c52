import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { oauth2ClientCredentials, oauth2RefreshToken } from '@nebula-credential/oauth2'
import { startWorker, tell } from './start-worker.ts'

/** What a process's callers got. */
export interface CallersReport {
  readonly callers: number
  /** The SHA-256 of each different token. */
  readonly digests: readonly string[]
}

const worker = startWorker()
const [id = '', callers = ''] = worker.args
await using manager = await worker.manager
const acme = manager.as({ tenantId: 'acme', actor: `worker-${process.pid}` })
const credential = id.startsWith('oauth2_refresh_token')
  ? oauth2RefreshToken.id(id)
  : oauth2ClientCredentials.id(id)

tell('ready')
await once(process, 'message')
const tokens = await Promise.all(Array.from({ length: Number(callers) }, () => acme.getToken(credential)))
const digests = new Set(tokens.map(({ value }) => createHash('sha256').update(value.expose()).digest('hex')))
tell({ callers: tokens.length, digests: [...digests] } satisfies CallersReport)
process.disconnect()
