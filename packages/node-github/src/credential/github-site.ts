import { baseUrlOf, type GithubServer } from './github-server.ts'

/** Where people consent, and programs get their tokens: not where the API is. */
export function siteOf(server: GithubServer): string {
  const baseUrl = baseUrlOf(server)
  // Of a server of one's own.
  if (baseUrl.endsWith('/api/v3')) return baseUrl.slice(0, -'/api/v3'.length)
  // Of GitHub.com, and of enterprises on GHE.com.
  return baseUrl.replace('://api.', '://')
}
