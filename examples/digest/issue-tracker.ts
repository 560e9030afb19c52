import { defineApiKey } from '@nebula-credential/api-key'
import {
  type ApiKeyToken,
  apiKeyHeader,
  type Link,
  type LiveAuthenticator,
  link,
} from '@nebula-credential/core'

/** The key of an issue tracker: a service that has no package of its own needs these two definitions, and no more. */
export const trackerKey = defineApiKey({
  type: 'tracker_key',
  placement: { in: 'header', name: 'X-Tracker-Key' },
})

/** Authenticates requests to the tracker: what `authenticatedFetch` takes, alone or in a chain. */
export const trackerRequests: LiveAuthenticator<void, Link<Request, Request>, ApiKeyToken> = {
  name: 'trackerRequests',
  kind: 'api-key',
  live: true,
  authenticate: (_, source) => link(apiKeyHeader, source),
}
