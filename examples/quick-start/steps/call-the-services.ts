import { apiKeyHeader, httpBearer } from '@nebula-credential/core'
import { expect } from '../expectation.ts'
import { startKeyService } from '../key-service.ts'
import type { Credentials, World } from '../world.ts'

export async function callTheServices({ acme, server, terminal }: World, ids: Credentials): Promise<void> {
  terminal.step('Get tokens, and call services with them')
  for (const id of [ids.service, ids.grant]) {
    const token = await acme.getToken(id)
    const { name } = await acme.describe(id)
    terminal.did(
      `getToken of "${name}": ${token.kind} ${token.value}, valid for ${secondsUntil(token.expiresAt)}`,
    )
    const request = await acme.client(id, httpBearer, new Request(server.protectedResourceUrl))
    const response = await fetch(request)
    expect(response.ok, `The protected resource answered ${response.status} to the token of "${name}".`)
    terminal.saw(`GET ${server.protectedResourceUrl}: ${response.status} ${await response.text()}`)
  }

  await using service = await startKeyService(ids.secrets['API key'] ?? '')
  const request = await acme.client(ids.key, apiKeyHeader, new Request(service.url))
  const response = await fetch(request)
  expect(response.ok, `The service that wants an API key answered ${response.status}.`)
  terminal.saw(`GET ${service.url} with the API key: ${response.status}`)
}

function secondsUntil(instant: number | undefined): string {
  return instant === undefined ? 'ever' : `${((instant - Date.now()) / 1000).toFixed(1)} s`
}
