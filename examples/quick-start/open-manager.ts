import { apiKey } from '@nebula-credential/api-key'
import { CredentialManager, passphraseKey } from '@nebula-credential/core'
import { oauth2ClientCredentials, oauth2RefreshToken } from '@nebula-credential/oauth2'
import { guardedFetch } from '@nebula-credential/outbound'
import { backends } from './backend/backends.ts'
import type { Place } from './place.ts'

/** The server of this program is on loopback and speaks http, which the default fetch refuses. */
export const loopbackFetch = guardedFetch({ allow: ['127.0.0.1'], dangerouslyAllowHttp: true })

/** How long a request of a rotating grant may run, and how long others wait beyond it. Defaults: 60 s and 5 s. */
export const shortWaits = { rotatingRequestMs: 6_000, intentMarginMs: 500 }

/** The manager that every process of this program opens. */
export function openManager({ backend, location, passphrase }: Place, fetch = loopbackFetch) {
  return backends[backend]
    .choose(CredentialManager.builder(), location)
    .withEncryption(passphraseKey(passphrase))
    .withCredentials(apiKey, oauth2ClientCredentials, oauth2RefreshToken)
    .withFetch(fetch)
    .withPolicy(shortWaits)
    .build()
}
