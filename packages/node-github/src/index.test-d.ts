import {
  apiKeyToken,
  authenticateWith,
  type BearerToken,
  type CredentialView,
  lend,
} from '@nebula-credential/core'
import { Octokit } from '@octokit/core'
import { createIssue, githubApp, githubOAuthApp, githubToken, octokit, octokitOf } from './index.ts'

declare const acme: CredentialView
const id = await acme.createCredential(githubToken, { token: 'ghp_x' })
const app = await acme.createCredential(githubApp, { appId: '1', privateKey: 'x', installationId: '2' })
const token: BearerToken = await acme.getToken(app)
const github: Octokit = await acme.client(id, octokit)
const same: Octokit = await authenticateWith(octokit, token)
const Lamps = Octokit.plugin(() => ({ lamps: 3 }))
const lamps: number = (await acme.client(githubApp.id(app as string), octokitOf(Lamps))).lamps
const issue = { owner: 'acme', repo: 'lamps', title: 'x' }
const { number }: { number: number } = await acme.run(createIssue, { github: app }, issue)
const client = { id: 'Ov23', secret: 'x' }
const redirectUri = 'https://app.example/callback'
const begun = await acme.beginAuthorization(githubOAuthApp, { client, redirectUri, scope: 'repo' })
const device = { client: { id: 'Ov23' }, grant: 'device_code' } as const
const connected = await acme.waitForAuthorization(await acme.beginAuthorization(githubOAuthApp, device))
const accountOctokit: Octokit = await acme.client(connected, octokit)
void acme.run(createIssue, { github: begun.credentialId }, issue)

// @ts-expect-error a grant that there is not
void acme.beginAuthorization(githubOAuthApp, { client, grant: 'password' })
// @ts-expect-error a type that needs no person
void acme.beginAuthorization(githubToken, { token: 'ghp_x' })
// @ts-expect-error an App without its key
void acme.createCredential(githubApp, { appId: '1', installationId: '2' })
// @ts-expect-error a token of another kind
void authenticateWith(octokit, apiKeyToken.mint({ value: lend('x') }, 1))
// @ts-expect-error a field is missing
void acme.run(createIssue, { github: id }, { owner: 'acme', title: 'x' })
// @ts-expect-error the server comes from the credential
void octokitOf(Octokit, { baseUrl: 'https://github.example/api/v3' })
void [accountOctokit, github, same, lamps, number]
