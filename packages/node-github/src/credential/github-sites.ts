import { baseUrlOf, type GithubServer } from './github-server.ts'

/** Where people consent, and programs get their tokens: not where the API is. */
export function siteOf(server: GithubServer): string {
  const baseUrl = baseUrlOf(server)
  const url = new URL(baseUrl)
  // Of GitHub.com, and of enterprises on GHE.com.
  if (url.hostname.startsWith('api.')) return `${url.protocol}//${url.host.slice('api.'.length)}`
  return baseUrl.replace(/\/api\/v3$/, '')
}
