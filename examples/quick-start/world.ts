import type { apiKey } from '@nebula-credential/api-key'
import type {
  BearerToken,
  CredentialId,
  CredentialManager,
  CredentialView,
  TokenOfCredential,
} from '@nebula-credential/core'
import type { AuthorizationServer } from 'authorization-server'
import type { Place } from './place.ts'
import type { Terminal } from './terminal.ts'

/** What the steps work with. */
export interface World {
  readonly terminal: Terminal
  readonly server: AuthorizationServer
  readonly place: Place
  readonly manager: CredentialManager
  /** The credentials of tenant acme. */
  readonly acme: CredentialView
}

/** The credentials that the second step creates, and the secrets that went into them. */
export interface Credentials {
  readonly key: CredentialId<TokenOfCredential<typeof apiKey>>
  readonly service: CredentialId<BearerToken>
  readonly grant: CredentialId<BearerToken>
  readonly secrets: Readonly<Record<string, string>>
}
