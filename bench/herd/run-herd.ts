import { type ChildProcess, fork } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { join } from 'node:path'
import { oauth2RefreshToken } from '@nebula-credential/oauth2'
import { startAuthorizationServer } from 'authorization-server'
import { backendOf } from './backend/backends.ts'
import { buildManager } from './manager.ts'
import type { FromParent, FromWorker, Result, Task } from './messages.ts'

export interface HerdOptions {
  readonly backend: string
  readonly processes: number
  /** In each process. */
  readonly callers: number
}

export interface HerdOutcome {
  readonly tokenRequests: number
  readonly invalidGrants: number
  readonly errors: Readonly<Record<string, number>>
  /** How many different tokens all callers together were given. */
  readonly tokens: number
  readonly wallMs: number
  readonly waits: readonly number[]
}

/** Lets all callers of all processes ask for the token of one expired credential at the same moment. */
export async function runHerd({ backend, processes, callers }: HerdOptions): Promise<HerdOutcome> {
  await using server = await startAuthorizationServer()
  const place = await backendOf(backend).open()
  const access = { backend, location: place.location, key: randomBytes(32).toString('base64') }
  const credentialId = await storeExpired(access, server)
  const task: Task = { ...access, credentialId, callers }

  const workers = await Promise.all(Array.from({ length: processes }, () => startWorker(task)))
  const startedAt = performance.now()
  const results = await Promise.all(workers.map(resultOf))
  const wallMs = performance.now() - startedAt
  await Promise.all(workers.map(async worker => worker.exitCode ?? once(worker, 'exit')))
  await place.close()

  return {
    tokenRequests: server.tokenRequests.length,
    invalidGrants: server.tokenRequests.filter(({ outcome }) => outcome === 'invalid_grant').length,
    errors: sumByCode(results),
    tokens: new Set(results.flatMap(result => result.tokens)).size,
    wallMs,
    waits: results.flatMap(result => result.waits),
  }
}

async function storeExpired(
  access: Pick<Task, 'backend' | 'location' | 'key'>,
  server: Awaited<ReturnType<typeof startAuthorizationServer>>,
): Promise<string> {
  await using manager = await buildManager(access)
  const grant = await server.issueGrant({ client: 'post' })
  return await manager.createCredential(oauth2RefreshToken, {
    server: { tokenEndpoint: `${server.issuer}/token` },
    client: { authentication: 'client_secret_post', ...server.clients.post },
    accessToken: grant.accessToken,
    refreshToken: grant.refreshToken,
    expiresAt: Date.now() - 1_000,
  })
}

async function startWorker(task: Task): Promise<ChildProcess> {
  const worker = fork(join(import.meta.dirname, 'worker.ts'), [])
  send(worker, { kind: 'task', task })
  await answerOf(worker, 'ready')
  return worker
}

async function resultOf(worker: ChildProcess): Promise<Result> {
  send(worker, { kind: 'go' })
  return (await answerOf(worker, 'result')).result
}

async function answerOf<Kind extends FromWorker['kind']>(
  worker: ChildProcess,
  kind: Kind,
): Promise<Extract<FromWorker, { kind: Kind }>> {
  const ended = new AbortController()
  worker.once('exit', code => ended.abort(new Error(`A process of the herd ended early, with code ${code}`)))
  const [message] = (await once(worker, 'message', { signal: ended.signal })) as [FromWorker]
  if (message.kind !== kind) throw new Error(`Expected ${kind}, got ${message.kind}`)
  return message as Extract<FromWorker, { kind: Kind }>
}

function send(worker: ChildProcess, message: FromParent): void {
  worker.send(message)
}

function sumByCode(results: readonly Result[]): Record<string, number> {
  const sums: Record<string, number> = {}
  for (const [code, count] of results.flatMap(({ errors }) => Object.entries(errors))) {
    sums[code] = (sums[code] ?? 0) + count
  }
  return sums
}
