import { lookup as systemLookup } from 'node:dns/promises'
import { getCACertificates } from 'node:tls'
import { CredentialError } from '@nebula-credential/core'
import { addressPolicy } from './address-policy.ts'
import { AgentPool } from './agent-pool.ts'
import type { GuardedRequestInit } from './client-certificate.ts'
import { Deadline } from './deadline.ts'
import { Exchange } from './exchange.ts'
import { guardedAgent, type Lookup } from './guarded-agent.ts'
import { plainRequest } from './plain-request.ts'

// A longer timer fires at once.
const largestTimer = 2 ** 31 - 1

export interface GuardedFetchOptions {
  /**
   * Host names, addresses and CIDR ranges that may be connected to although they are not public, such as
   * `'keycloak.internal'` or `'10.0.0.0/8'`. A host name stands for whatever it resolves to. Default: none.
   */
  readonly allow?: readonly string[]
  /** Sends requests, and the secrets in them, unencrypted where the URL says `http:`. Default false. */
  readonly dangerouslyAllowHttp?: boolean
  /** The longest response body, in bytes after decompression. Default 1 MiB. */
  readonly maxBodyBytes?: number
  /**
   * The time from the call to the last byte of the body, in milliseconds. Default 60 s: a token request that is cut off
   * may have used up its refresh token, so it outlives its callers' patience. Bound a call of your own by its signal.
   */
  readonly timeoutMs?: number
  /** The time for look-up, connection and TLS handshake, in milliseconds. Default 10 s. */
  readonly connectTimeoutMs?: number
  /** Authorities that servers' certificates may come from besides those that the system trusts, as PEM. Default: none. */
  readonly certificateAuthorities?: readonly string[]
  /** Resolves host names, for tests and for own resolvers; what it answers is checked. Default: the system's. */
  readonly lookup?: Lookup
}

/**
 * A `fetch` for URLs that other people supply: it reaches public addresses over https only, follows no redirect, and
 * is bounded in time and size. The address is checked where the connection is made, so a name that resolves
 * differently the second time (DNS rebinding) is no way in. Connections are kept and shared: make one and keep it.
 *
 * The promise and the body's reader reject with
 * - `CredentialError` CONFIG_INVALID when the URL or the address is refused, or a redirect would have been followed;
 * - `ProviderFailure` transient with `peerDown` when no connection came about (DNS, refused, TLS, time-out);
 * - `ProviderFailure` unknown when the answer was lost, late or too long after the request had been sent;
 * - the signal's reason when the caller's signal aborts.
 *
 * @throws CredentialError CONFIG_INVALID when an option is malformed
 * @example
 * const fetch = guardedFetch({ allow: ['keycloak.internal'] })
 */
export function guardedFetch(options: GuardedFetchOptions = {}): typeof globalThis.fetch {
  const timeoutMs = positive('timeoutMs', options.timeoutMs ?? 60_000)
  const connectTimeoutMs = positive('connectTimeoutMs', options.connectTimeoutMs ?? 10_000)
  const maxBytes = positive('maxBodyBytes', options.maxBodyBytes ?? 1_048_576)
  const lookup = options.lookup ?? (hostname => systemLookup(hostname, { all: true }))
  const guard = {
    policy: addressPolicy(options.allow ?? []),
    lookup,
    connectTimeoutMs,
    authorities: trusted(options.certificateAuthorities),
  }
  const agents = new AgentPool(certificate => guardedAgent(guard, certificate))
  return async (input, given: GuardedRequestInit = {}) => {
    const { clientCertificate, ...init } = given
    const request = await plainRequest(input, init)
    const url = checkedUrl(request.url, options.dangerouslyAllowHttp ?? false)
    const exchange = new Exchange(url, new Deadline(timeoutMs, request.init.signal))
    const response = await exchange.send(agents.of(clientCertificate), request.init)
    if (response.status >= 300 && response.status < 400 && request.init.redirect !== 'manual') {
      const location = response.headers.get('location')
      if (location !== null) {
        await exchange.drop(response)
        throw redirectRefused(url, response.status, location)
      }
    }
    return exchange.answer(response, maxBytes)
  }
}

/** Node.js takes these instead of the system's, so the system's are among them. */
function trusted(further: readonly string[] | undefined): readonly string[] | undefined {
  return further && [...getCACertificates('default'), ...further]
}

function checkedUrl(text: string, allowHttp: boolean): URL {
  const url = URL.parse(text)
  if (url === null) throw new CredentialError('CONFIG_INVALID', 'The request needs an absolute https URL')
  if (url.protocol !== 'https:' && !(allowHttp && url.protocol === 'http:')) {
    const unlessOwn = url.protocol === 'http:' ? ', or guardedFetch({ dangerouslyAllowHttp: true })' : ''
    throw new CredentialError(
      'CONFIG_INVALID',
      `Refused a URL of the scheme "${url.protocol}"; use https${unlessOwn}`,
    )
  }
  if (url.username !== '' || url.password !== '') {
    throw new CredentialError(
      'CONFIG_INVALID',
      `Refused a request to ${url.host}: its URL carries a user name or password; send them in a header`,
    )
  }
  return url
}

function redirectRefused(url: URL, status: number, location: string): CredentialError {
  const target = URL.parse(location, url.href)?.origin ?? 'an unreadable address'
  return new CredentialError(
    'CONFIG_INVALID',
    `${url.host} redirects (HTTP ${status}) to ${target}. Redirects are not followed: configure the final URL`,
  )
}

function positive(name: string, value: number): number {
  if (Number.isInteger(value) && value > 0 && value <= largestTimer) return value
  throw new CredentialError(
    'CONFIG_INVALID',
    `${name} must be a whole number from 1 to ${largestTimer}, not ${value}`,
  )
}
