import { apiKeyHeader, authenticatedFetch } from '@nebula-credential/core'
import { describeCredentialType, leakScan } from '@nebula-credential/testing'
import { afterAll, describe, expect, it } from 'vitest'
import { faults, refused, startOpenai } from '../../test/service.ts'
import { apiKey, azure, loopbackFetch, openWorld } from '../../test/world.ts'
import { openaiApiKey } from './openai-api-key.ts'

const service = await startOpenai(apiKey)
afterAll(() => service[Symbol.asyncDispose]())

describeCredentialType(openaiApiKey, {
  input: { apiKey, baseURL: `${service.origin}/v1`, organization: 'org-1', project: 'proj-1' },
  sentinels: [apiKey],
  fetch: loopbackFetch,
  invalidInputs: {
    'an empty key': { apiKey: ' ' },
    'a key with a line break': { apiKey: `${apiKey}\nx: y` },
    'a server with a password': { apiKey, baseURL: `https://a:${apiKey}@a.example` },
    'two servers': { apiKey, baseURL: 'https://a.example', ...azure('https://b.example') },
    'an API version that is none': { apiKey, azure: { endpoint: 'https://b.example', apiVersion: apiKey } },
  },
})

describe('an API key', () => {
  it('tells whose account it is', async () => {
    await using world = await openWorld(origin => ({
      baseURL: `${origin}/v1/`,
      organization: 'org-1',
      project: 'proj-1',
    }))
    expect(await world.manager.verifyCredential(world.id)).toMatchObject({
      valid: true,
      account: { id: 'acme-lamps', label: 'acme-lamps' },
    })
    expect(world.service.requests[0]).toMatchObject({
      path: '/v1/models',
      headers: { 'openai-organization': 'org-1', 'openai-project': 'proj-1' },
    })
  })

  it('of Azure goes into a header of its own, and tells its resource', async () => {
    await using world = await openWorld(azure)
    expect(await world.manager.verifyCredential(world.id)).toMatchObject({
      valid: true,
      account: { label: expect.stringMatching(/^127\.0\.0\.1/) },
    })
    expect(world.service.requests[0]?.headers).not.toHaveProperty('authorization')
  })

  it('may be valid although nobody says whose it is', async () => {
    await using world = await openWorld()
    world.service.answerNext({ json: { data: [] } })
    expect(await world.manager.verifyCredential(world.id)).toEqual({ valid: true, asked: true })
  })

  it('is not valid once it was replaced, or where the account cannot pay', async () => {
    await using world = await openWorld()
    world.service.answerNext(refused(429, 'insufficient_quota'))
    expect(await world.manager.verifyCredential(world.id)).toEqual({ valid: false, asked: true })
    world.service.replaceKey('sk-next')
    expect(await world.manager.verifyCredential(world.id)).toEqual({ valid: false, asked: true })
  })

  it.each(Object.entries(faults))('cannot be judged when the service answers with %s', async (_, fault) => {
    await using world = await openWorld()
    world.service.answerNext(fault)
    const error = await world.manager.verifyCredential(world.id).catch(error => error)
    expect(error).toMatchObject({ code: 'PROVIDER_UNAVAILABLE', credentialId: world.id })
    expect(leakScan(error, ['sentinel'])).toEqual([])
  })

  it('serves a plain fetch too', async () => {
    for (const place of [undefined, azure]) {
      await using world = await openWorld(place)
      const fetch = authenticatedFetch(world.manager.tokenSource(world.id), apiKeyHeader)
      const path = place ? '/openai/models?api-version=2024-10-21' : '/v1/models'
      expect((await fetch(`${world.service.origin}${path}`)).status).toBe(200)
    }
  })
})
