import { httpBearer } from '@nebula-credential/core'
import { expect } from '../expectation.ts'
import { shortWaits } from '../open-manager.ts'
import { untilExpired } from '../until-expired.ts'
import { WorkerProcess } from '../worker/worker-process.ts'
import type { Credentials, World } from '../world.ts'

export async function surviveAKill(world: World, ids: Credentials): Promise<void> {
  const { acme, place, server, terminal } = world
  terminal.step('Kill a process in the middle of a refresh')
  await untilExpired(world, ids.grant)
  const before = server.tokenRequests.length

  using worker = new WorkerProcess('dies-while-refreshing', place, ids.grant)
  await worker.next()
  const { lifecycle } = await acme.describe(ids.grant)
  expect(lifecycle === 'Refreshing', `The credential is ${lifecycle} while a process refreshes it.`)
  const signal = await worker.kill()
  expect(signal === 'SIGKILL', `The process ended with ${signal} instead of SIGKILL.`)
  expect(server.tokenRequests.length === before, 'The killed process did send its token request.')
  terminal.did(
    `kill -9 ${worker.pid}: its intent to refresh is in the record (${lifecycle}), its request was not sent yet`,
  )
  const { rotatingRequestMs, intentMarginMs } = shortWaits
  terminal.did(
    `the next caller must wait until that intent ends: here at most ${(rotatingRequestMs + intentMarginMs) / 1000} s, by default 65 s`,
  )

  const startedAt = Date.now()
  const token = await acme.getToken(ids.grant)
  const waited = ((Date.now() - startedAt) / 1000).toFixed(1)
  const response = await fetch(
    await acme.client(ids.grant, httpBearer, new Request(server.protectedResourceUrl)),
  )
  expect(response.ok, `The protected resource answered ${response.status} to the token after the kill.`)
  const requests = server.tokenRequests.length - before
  expect(requests === 1, `The server counted ${requests} token requests instead of 1 after the kill.`)
  terminal.saw(
    `after ${waited} s the next caller got a token of generation ${token.generation}; the service answers ${response.status}`,
  )
}
