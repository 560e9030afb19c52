import type { CredentialEnvironment } from '@nebula-credential/core'
import { guardedFetch } from './guarded-fetch.ts'

let defaultFetch: typeof globalThis.fetch | undefined

/** The `fetch` that credential types and nodes use: the builder's `withFetch`, else one guarded fetch for the process. */
export function outboundFetch(environment: Pick<CredentialEnvironment, 'fetch'>): typeof globalThis.fetch {
  if (environment.fetch !== undefined) return environment.fetch
  defaultFetch ??= guardedFetch()
  return defaultFetch
}
