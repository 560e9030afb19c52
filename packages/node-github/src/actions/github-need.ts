import { needs } from '@nebula-credential/core'
import { z } from 'zod'
import { octokit } from '../authenticator/octokit.ts'
import { githubApp } from '../credential/github-app.ts'
import { githubOAuthApp } from '../credential/github-oauth-app.ts'
import { githubToken } from '../credential/github-token.ts'

/** What every action takes. */
export const githubNeed = needs([githubToken, githubApp, githubOAuthApp], octokit)

/** Which repository an action is about. */
export const repositoryName = {
  owner: z.string().regex(/^[\w.-]+$/, 'must be the name of a user or an organisation'),
  repo: z.string().regex(/^[\w.-]+$/, 'must be the name of a repository, without its owner'),
}
