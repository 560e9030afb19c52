import {
  type AuditEvent,
  type Context,
  CredentialManager,
  isCredentialError,
  rawKey,
  type StateStore,
} from '@nebula-credential/core'
import { oauth2Connection } from '@nebula-credential/oauth2'
import { guardedFetch } from '@nebula-credential/outbound'
import { PostgresStateStore } from '@nebula-credential/storage-postgres'
import { SqliteStateStore } from '@nebula-credential/storage-sqlite'
import type { Answer, Begun, ConnectionInput, Place, Request } from './flow-process.ts'

// One web process of a program: it begins and completes connections as its parent says.

let manager: CredentialManager | undefined

process.on('message', (request: Request) => {
  answer(request).then(
    value => send({ value }),
    (error: unknown) => send({ error: { code: codeOf(error), message: String(error) } }),
  )
})

const send = (message: Answer) => process.send?.(message)

const codeOf = (error: unknown) => (isCredentialError(error) ? error.code : 'NOT_OURS')

async function answer(request: Request): Promise<unknown> {
  if (request.do === 'open') {
    manager = await open(request.place, request.key, request.flowLifetimeMs)
    return undefined
  }
  if (manager === undefined) throw new Error('The manager is not open')
  switch (request.do) {
    case 'begin':
      return begin(manager, request.context, request.input)
    case 'resume': {
      const { callback, browserBinding } = request
      return manager.as(request.context).resumeAuthorization(callback, { browserBinding })
    }
    case 'wait': {
      const { state, browserBinding } = request.begun
      return manager.as(request.context).waitForAuthorization({ state, browserBinding })
    }
    case 'token': {
      const token = await manager.as(request.context).getToken(oauth2Connection.id(request.id))
      return token.value.expose()
    }
    case 'describe':
      return manager.as(request.context).describe(oauth2Connection.id(request.id))
    case 'events':
      return flowEvents(manager, request.tenantId)
    case 'close':
      return manager.close()
  }
}

function open(place: Place, key: string, flowLifetimeMs: number): Promise<CredentialManager> {
  return CredentialManager.builder()
    .withStorage(storeAt(place))
    .withEncryption(rawKey(Buffer.from(key, 'base64')))
    .withCredentials(oauth2Connection)
    .withFetch(guardedFetch({ allow: ['127.0.0.1'], dangerouslyAllowHttp: true }))
    .withPolicy({ flowLifetimeMs })
    .build()
}

const storeAt = (place: Place): StateStore =>
  'file' in place ? new SqliteStateStore(place.file) : new PostgresStateStore(place.url)

async function begin(from: CredentialManager, context: Context, input: ConnectionInput): Promise<Begun> {
  const begun = await from.as(context).beginAuthorization(oauth2Connection, input)
  const { interaction, state, browserBinding, credentialId } = begun
  return { interaction, state, browserBinding, credentialId }
}

async function flowEvents(from: CredentialManager, tenantId: string): Promise<AuditEvent[]> {
  const operator = from.operator('test')
  // What is queued is written first.
  await operator.verifyAudit()
  const events: AuditEvent[] = []
  for await (const { event } of operator.readAudit({ tenantId })) events.push(event as AuditEvent)
  return events.filter(({ action }) => action.startsWith('flow.'))
}
