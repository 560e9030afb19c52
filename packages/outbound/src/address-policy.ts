import { CredentialError } from '@nebula-credential/core'
import ipaddr from 'ipaddr.js'

type Address = ipaddr.IPv4 | ipaddr.IPv6

/** Which addresses may be connected to. */
export interface AddressPolicy {
  /** Why this address may not be connected to; undefined when it may. */
  refusal(address: string): string | undefined
  /** Whether every address of this host name is allowed. */
  trusts(hostname: string): boolean
}

// Reachable only from inside a cloud, although the registries list it as an ordinary public address.
const metadataAddresses = new Set(['168.63.129.16'])
const globalUnicast = ipaddr.IPv6.parseCIDR('2000::/3')
const nat64 = ipaddr.IPv6.parseCIDR('64:ff9b::/96')

/**
 * Allows global unicast addresses, and what `allow` lists: host names, addresses and CIDR ranges.
 * An IPv6 address that a socket or a NAT64 gateway turns into an IPv4 one is judged as that.
 *
 * @throws CredentialError CONFIG_INVALID when an entry of `allow` is neither
 */
export function addressPolicy(allow: readonly string[]): AddressPolicy {
  const ranges: [Address, number][] = []
  const hosts = new Set<string>()
  for (const entry of allow) {
    const range = parseRange(entry)
    if (range === undefined) hosts.add(parseHostname(entry))
    else ranges.push(range)
  }
  const allowed = (address: Address) =>
    ranges.some(([network, bits]) => network.kind() === address.kind() && address.match(network, bits))
  return {
    trusts: hostname => hosts.has(withoutTrailingDot(hostname)),
    refusal(text) {
      const address = withoutMapping(ipaddr.parse(text))
      return allowed(address) ? undefined : specialUse(address)
    },
  }
}

function specialUse(address: Address): string | undefined {
  if (address instanceof ipaddr.IPv6) {
    if (address.match(nat64)) return specialUse(new ipaddr.IPv4(address.toByteArray().slice(12)))
    if (address.range() === 'unicast' && !address.match(globalUnicast)) return 'reserved'
  } else if (metadataAddresses.has(address.toString())) return 'metadata'
  const range = address.range()
  return range === 'unicast' ? undefined : range
}

function withoutMapping(address: Address): Address {
  return address instanceof ipaddr.IPv6 && address.isIPv4MappedAddress() ? address.toIPv4Address() : address
}

function parseRange(entry: string): [Address, number] | undefined {
  const text = entry.replace(/^\[(.*)\]$/, '$1')
  if (ipaddr.IPv4.isValidCIDRFourPartDecimal(text) || ipaddr.IPv6.isValidCIDR(text)) {
    return ipaddr.parseCIDR(text)
  }
  if (!ipaddr.IPv4.isValidFourPartDecimal(text) && !ipaddr.IPv6.isValid(text)) return undefined
  const address = withoutMapping(ipaddr.parse(text))
  return [address, address.kind() === 'ipv4' ? 32 : 128]
}

function parseHostname(entry: string): string {
  const url = /[:/*?#@\\\s]/.test(entry) ? null : URL.parse(`https://${entry}`)
  // The URL parser makes addresses of odd spellings, such as `0x7f.1`; who means an address writes it plainly.
  if (url === null || ipaddr.IPv4.isValid(url.hostname)) {
    throw new CredentialError(
      'CONFIG_INVALID',
      `allow takes host names, addresses and CIDR ranges, such as "localhost" or "10.0.0.0/8", not "${entry}"`,
    )
  }
  return withoutTrailingDot(url.hostname)
}

function withoutTrailingDot(hostname: string): string {
  return hostname.endsWith('.') ? hostname.slice(0, -1) : hostname
}
