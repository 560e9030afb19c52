import { bearerToken, lentSecret, type TokenOf, tokenKind } from '@nebula-credential/core'
import { isServiceUrl, serviceUrlRule } from '@nebula-credential/outbound'
import { z } from 'zod'

/** Where GitHub's API is, unless the credential says otherwise. */
export const defaultBaseUrl = 'https://api.github.com'

/** What every GitHub credential takes. */
export const githubServer = {
  /** The API of a server of your own: `https://github.example.com/api/v3`, `https://api.example.ghe.com`. */
  baseUrl: z.string().trim().refine(isServiceUrl, serviceUrlRule).optional(),
}
export interface GithubServer {
  readonly baseUrl?: string | undefined
}

/** A bearer token, with the server that it is for. */
export const githubAccess = tokenKind(bearerToken.kind, {
  value: lentSecret(),
  scope: z.string().optional(),
  /** Default: GitHub's own. */
  baseUrl: z.string().optional(),
})
export type GithubToken = TokenOf<typeof githubAccess>

/** The API of a credential's server, without a slash at its end. */
export function baseUrlOf({ baseUrl = defaultBaseUrl }: GithubServer): string {
  return baseUrl.replace(/\/+$/, '')
}
