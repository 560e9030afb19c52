import { createPrivateKey } from 'node:crypto'
import {
  type CredentialEnvironment,
  defineCredential,
  ProviderFailure,
  secret,
  type Verification,
} from '@nebula-credential/core'
import { z } from 'zod'
import { askAsApp } from './app-jwt.ts'
import { askGithub } from './ask-github.ts'
import { baseUrlOf, type GithubToken, githubAccess, githubServer } from './github-server.ts'
import { revokeInstallationToken } from './revoke-installation-token.ts'

const asked = {
  /** The App's id, or its client id. */
  appId: z
    .string()
    .trim()
    .regex(/^(\d+|Iv[\w.]+)$/, 'must be the id of a GitHub App, or its client id'),
  /** In PEM, as GitHub gives it; `\n` may stand for its line ends, as environment variables have them. */
  privateKey: secret(
    z
      .string()
      .trim()
      .overwrite(text => text.replaceAll('\\n', '\n'))
      .refine(isRsaKey, 'must be the private key of a GitHub App, in PEM'),
  ),
  /** Where the App is installed: the number at the end of the installation's address. */
  installationId: z.coerce.string<string>().trim().regex(/^\d+$/, 'must be the number of an installation'),
  /** Names of repositories that the tokens are good for. Default: all of the installation. */
  repositories: z.array(z.string().min(1)).max(500).optional(),
  /** What the tokens may do: `{ issues: 'write' }`. Default: all that the App may. */
  permissions: z.record(z.string().regex(/^[a-z_]+$/), z.enum(['read', 'write', 'admin'])).optional(),
  ...githubServer,
}
const input = z.strictObject(asked)
type Asked = z.output<typeof input>

const installationToken = z.object({
  accessToken: secret(),
  obtainedAt: z.number(),
  expiresAt: z.number(),
})

/**
 * An installation of a GitHub App. Its tokens last one hour, and are refreshed by the App's key.
 *
 * @example
 * const id = await acme.createCredential(githubApp, { appId: '1234', privateKey, installationId: '5678' })
 */
export const githubApp = defineCredential({
  type: 'github_app',
  input,
  state: z.object({ ...asked, installation: installationToken }),
  token: githubAccess,
  initialize: async (given, environment) => ({
    ...given,
    installation: await createToken(given, environment),
  }),
  access: ({ installation: { accessToken, obtainedAt, expiresAt }, baseUrl }) => ({
    value: accessToken,
    obtainedAt,
    expiresAt,
    baseUrl,
  }),
  refresh: {
    rotating: false,
    peer: state => `${new URL(baseUrlOf(state)).origin} ${state.appId}`,
    perform: async (state, environment) => ({
      ...state,
      installation: await createToken(state, environment),
    }),
  },
  verify: verifyInstallation,
  revoke: ({ installation, baseUrl }, environment) =>
    revokeInstallationToken({ baseUrl, token: installation.accessToken }, environment),
})

const createdToken = z.object({ token: z.string().min(1), expires_at: z.iso.datetime({ offset: true }) })

async function createToken(app: Asked, environment: CredentialEnvironment) {
  const { installationId, repositories, permissions } = app
  const question = {
    path: `/app/installations/${installationId}/access_tokens`,
    body: { repositories, permissions },
    answer: createdToken,
    failure: installationGone,
  }
  const { token, expires_at } = await askAsApp(app, question, environment)
  return z.decode(installationToken, {
    accessToken: token,
    obtainedAt: environment.startedAt,
    expiresAt: Date.parse(expires_at),
  })
}

function installationGone({ status }: Response): ProviderFailure | undefined {
  if (status !== 404) return undefined
  return new ProviderFailure('terminal', 'the GitHub App has no such installation (HTTP 404)')
}

const installationAnswer = z.object({
  account: z.object({ id: z.number(), login: z.string() }),
  permissions: z.record(z.string(), z.string()).optional(),
})

/** Whether GitHub accepts the token, and whose installation it is: the token itself does not tell. */
async function verifyInstallation(
  token: GithubToken,
  environment: CredentialEnvironment,
  state: Asked,
): Promise<Verification> {
  const path = '/installation/repositories?per_page=1'
  await askGithub(token, { path, token: token.value, answer: z.object({}) }, environment)
  const about = `/app/installations/${state.installationId}`
  const { account, permissions = {} } = await askAsApp(
    state,
    { path: about, answer: installationAnswer },
    environment,
  )
  const granted = Object.entries(state.permissions ?? permissions).map(entry => entry.join(':'))
  return { account: { id: String(account.id), label: account.login }, granted }
}

function isRsaKey(text: string): boolean {
  try {
    return createPrivateKey(text).asymmetricKeyType === 'rsa'
  } catch {
    return false
  }
}
