import { describeCredentialType } from '@nebula-credential/testing'
import { afterAll } from 'vitest'
import { appId, installationId, personalToken, privateKey, startGithub } from '../test/service.ts'
import { loopbackFetch } from '../test/world.ts'
import { githubApp } from './credential/github-app.ts'
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
