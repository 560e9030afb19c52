import { authenticateWith, type BearerToken, type CredentialId, httpBearer } from '@nebula-credential/core'
import { expect } from '../expectation.ts'
import { untilExpired } from '../until-expired.ts'
import type { CallersReport } from '../worker/callers.ts'
import { WorkerProcess } from '../worker/worker-process.ts'
import type { Credentials, World } from '../world.ts'

const processes = 2
const callersEach = 1_000
/** Slow enough for every caller of both processes to be there before the answer is. */
const providerDelayMs = 500

export async function refreshOnce(world: World, ids: Credentials): Promise<void> {
  const { server, terminal } = world
  terminal.step(
    `Let the tokens expire, and let ${processes} processes with ${callersEach} callers each want one`,
  )
  const old = await world.acme.getToken(ids.grant)
  await untilExpired(world, ids.grant)
  const request = await authenticateWith(httpBearer, old, new Request(server.protectedResourceUrl))
  const { status } = await fetch(request)
  expect(status === 401, `The service answered ${status} to an expired token.`)
  terminal.saw(`the service answers ${status} to it`)

  server.setDelay(providerDelayMs)
  await callAtOnce(world, ids.grant, 'the refresh token, which works once')
  await untilExpired(world, ids.service)
  await callAtOnce(world, ids.service, 'the client credentials')
  server.setDelay(0)
}

async function callAtOnce(world: World, id: CredentialId<BearerToken>, what: string): Promise<void> {
  const { server, place, terminal } = world
  using one = new WorkerProcess('callers', place, id, String(callersEach))
  using other = new WorkerProcess('callers', place, id, String(callersEach))
  const workers = [one, other]
  for (const worker of workers) expect((await worker.next()) === 'ready', 'A process did not get ready.')

  const before = server.tokenRequests.length
  for (const worker of workers) worker.send('go')
  const reports = await Promise.all(workers.map(worker => worker.next<CallersReport>()))
  for (const worker of workers) expect((await worker.exitCode()) === 0, 'A process ended with an error.')
  const callers = reports.reduce((sum, report) => sum + report.callers, 0)
  terminal.did(
    `${what}: ${callers} callers of getToken in the processes ${workers.map(({ pid }) => pid).join(' and ')}`,
  )

  const requests = server.tokenRequests.slice(before)
  expect(callers === processes * callersEach, `Only ${callers} callers got a token.`)
  expect(
    requests.length === 1 && requests[0]?.outcome === 'success',
    `The server counted ${requests.length} token requests instead of 1 (${requests.map(each => each.outcome).join(', ')}).`,
  )
  const tokens = new Set(reports.flatMap(report => report.digests)).size
  expect(tokens === 1, `The callers got ${tokens} different tokens.`)
  terminal.saw(`the server counted 1 token request, and all ${callers} callers have its token`)
}
