import type { LookupAddress } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import { CredentialError } from '@nebula-credential/core'
import { Agent, buildConnector } from 'undici'
import type { AddressPolicy } from './address-policy.ts'
import type { ClientCertificate } from './client-certificate.ts'

/** Every address of a host name. */
export type Lookup = (hostname: string) => Promise<readonly LookupAddress[]>

/** No connection came about, so nothing was sent. `cause` says why. */
export class ConnectFailure extends Error {
  constructor(cause: unknown) {
    super('No connection', { cause })
    this.name = 'ConnectFailure'
  }
}

export interface GuardedAgentOptions {
  readonly policy: AddressPolicy
  readonly lookup: Lookup
  readonly connectTimeoutMs: number
  /** Whom servers' certificates may come from, as PEM. Default: whom the system trusts. */
  readonly authorities?: readonly string[] | undefined
}

/** Connections to allowed addresses only: sockets get the very addresses that were checked, so rebinding is no way in. */
export function guardedAgent(
  { policy, lookup, connectTimeoutMs, authorities }: GuardedAgentOptions,
  client?: ClientCertificate,
): Agent {
  const connect = buildConnector({
    lookup: checkedLookup(policy, lookup),
    timeout: connectTimeoutMs,
    allowH2: false,
    ...(authorities && { ca: authorities }),
    ...(client && { cert: client.certificate, key: client.privateKey }),
  } as buildConnector.BuildOptions)
  return new Agent({
    allowH2: false,
    headersTimeout: 0,
    bodyTimeout: 0,
    connect(options, callback) {
      const refusal = literalRefusal(policy, options.hostname)
      if (refusal !== undefined) {
        process.nextTick(callback, new ConnectFailure(refusal), null)
        return
      }
      connect(options, (error, socket) => {
        if (error === null) callback(null, socket as NonNullable<typeof socket>)
        else callback(new ConnectFailure(error), null)
      })
    },
  })
}

/** Sockets look up names only: an address that stands in the URL itself is checked here. */
function literalRefusal(policy: AddressPolicy, hostname: string): CredentialError | undefined {
  const address = hostname.replace(/^\[(.*)\]$/, '$1')
  if (isIP(address) === 0) return undefined
  const range = policy.refusal(address)
  return range === undefined ? undefined : refused(hostname, `it is a ${range} address`)
}

function checkedLookup(policy: AddressPolicy, lookup: Lookup): LookupFunction {
  return (hostname, options, callback) => {
    checkedAddresses(policy, lookup, hostname).then(
      addresses => {
        if (options.all) callback(null, addresses)
        else callback(null, addresses[0].address, addresses[0].family)
      },
      error => callback(error, '', 0),
    )
  }
}

async function checkedAddresses(
  policy: AddressPolicy,
  lookup: Lookup,
  hostname: string,
): Promise<[LookupAddress, ...LookupAddress[]]> {
  const resolved = await lookup(hostname)
  const allowed = policy.trusts(hostname)
    ? [...resolved]
    : resolved.filter(({ address }) => policy.refusal(address) === undefined)
  const [first, ...others] = allowed
  if (first !== undefined) return [first, ...others]
  if (resolved[0] === undefined) {
    throw Object.assign(new Error(`${hostname} has no address`), {
      code: 'ENOTFOUND',
      syscall: 'getaddrinfo',
    })
  }
  throw refused(hostname, `it resolves to a ${policy.refusal(resolved[0].address)} address`)
}

function refused(hostname: string, reason: string): CredentialError {
  return new CredentialError(
    'CONFIG_INVALID',
    `Refused to connect to ${hostname}: ${reason}. If that is meant, list it in guardedFetch({ allow })`,
  )
}
