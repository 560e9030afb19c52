import { defineCredential, secret } from '@nebula-credential/core'
import { z } from 'zod'
import { githubAccess, githubServer } from './github-server.ts'
import { verifyUser } from './verify-user.ts'

// Classic tokens, fine-grained ones, and classic ones of before April 2021 and of old servers.
const personalAccessToken = z
  .string()
  .trim()
  .regex(
    /^(ghp_[A-Za-z0-9]{30,250}|github_pat_\w{30,250}|[0-9a-f]{40})$/,
    'must look like ghp_… or github_pat_…',
  )

/**
 * A personal access token, classic or fine-grained. It cannot be refreshed: its owner makes a new one before it expires.
 *
 * @example
 * const id = await acme.createCredential(githubToken, { token: 'github_pat_…' }, { name: 'Release bot' })
 */
export const githubToken = defineCredential({
  type: 'github_token',
  input: z.strictObject({ token: secret(personalAccessToken), ...githubServer }),
  state: z.object({ token: secret(), ...githubServer }),
  token: githubAccess,
  initialize: input => input,
  access: ({ token, baseUrl }) => ({ value: token, baseUrl }),
  verify: verifyUser,
})
