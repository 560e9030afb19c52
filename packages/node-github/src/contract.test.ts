import { describeCredentialType } from '@nebula-credential/testing'
import { afterAll } from 'vitest'
import { z } from 'zod'
import { callbackUrl, oauthApp } from '../test/login.ts'
import { appId, installationId, personalToken, privateKey, startGithub } from '../test/service.ts'
import { loopbackFetch } from '../test/world.ts'
import { githubApp } from './credential/github-app.ts'
import { githubOAuthApp } from './credential/github-oauth-app.ts'
import { githubToken } from './credential/github-token.ts'

const service = await startGithub()
afterAll(() => service[Symbol.asyncDispose]())
const baseUrl = `${service.origin}/api/v3`

describeCredentialType(githubToken, {
  input: { token: personalToken, baseUrl },
  sentinels: [personalToken],
  fetch: loopbackFetch,
  invalidInputs: {
    'a token of another service': { token: `xoxb-${personalToken}` },
    'a server with a password': {
      token: personalToken,
      baseUrl: `https://u:${personalToken}@github.example`,
    },
  },
})

const app = { appId, privateKey, installationId, baseUrl }
describeCredentialType(githubApp, {
  input: app,
  sentinels: [privateKey, privateKey.slice(40, 90), 'ghs_sentinel'],
  fetch: loopbackFetch,
  invalidInputs: {
    'a key that is none': { ...app, privateKey: privateKey.slice(5) },
    'a key as the App': { ...app, appId: privateKey },
    'a malformed installation': { ...app, installationId: privateKey },
    'an unknown level of permission': { ...app, permissions: { issues: privateKey } },
  },
})

const connection = { client: oauthApp, redirectUri: callbackUrl, scope: 'repo', baseUrl }
service.login.expiring = true
describeCredentialType(githubOAuthApp, {
  input: connection,
  async makeState(environment) {
    const { interactive, input } = githubOAuthApp
    const given = z.decode(input, connection)
    const { flow, interaction } = await interactive.begin(given, { state: 'state' }, environment)
    if (interaction.kind !== 'redirect') throw new Error('The browser is not asked')
    const { headers } = await fetch(interaction.url, { redirect: 'manual' })
    const callback = new URL(headers.get('location') ?? '').searchParams
    return (await interactive.resume(flow, callback, environment)).state
  },
  sentinels: [oauthApp.secret, 'gho_sentinel', 'ghu_sentinel', 'ghr_sentinel'],
  fetch: loopbackFetch,
  invalidInputs: {
    'no secret': { ...connection, client: { id: oauthApp.id } },
    'a secret as the grant': { ...connection, grant: oauthApp.secret },
    'a server with a password': { ...connection, baseUrl: `https://u:${oauthApp.secret}@github.example` },
  },
})
