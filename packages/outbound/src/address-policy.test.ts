import { BlockList } from 'node:net'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addressPolicy } from './address-policy.ts'

// Written out here, from the IANA special-purpose registries, so that the library's own tables are checked by others.
const forbiddenIpv4 = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
  ['168.63.129.16', 32],
] as const
// Not private, but nobody's service either; whether they are refused is left open here.
const unsettledIpv4 = [
  ['192.31.196.0', 24],
  ['192.52.193.0', 24],
  ['192.88.99.0', 24],
  ['192.175.48.0', 24],
] as const
const forbiddenIpv6 = [
  ['::', 96],
  ['::ffff:0:0:0', 96],
  ['100::', 64],
  ['64:ff9b:1::', 48],
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
  ['5f00::', 16],
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
] as const

const policy = addressPolicy([])

describe('the address policy', () => {
  it('refuses every address of every special-use IPv4 range, and every IPv6 address that embeds one', () => {
    fc.assert(
      fc.property(fc.constantFrom(...forbiddenIpv4), fc.nat(2 ** 32 - 1), ([network, bits], host) => {
        const address = ipv4(withinIpv4(network, bits, host))
        expect(policy.refusal(address)).toBeDefined()
        for (const embedded of embeddings(address)) expect(policy.refusal(embedded), embedded).toBeDefined()
      }),
      { numRuns: 2_000 },
    )
  })

  it('refuses every address of every special-use IPv6 range', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...forbiddenIpv6),
        fc.bigInt(0n, 2n ** 128n - 1n),
        ([network, bits], host) => {
          const address = ipv6(withinIpv6(network, bits, host))
          expect(policy.refusal(address), address).toBeDefined()
        },
      ),
      { numRuns: 2_000 },
    )
  })

  it('allows every other IPv4 address, mapped and through NAT64 too', () => {
    const special = new BlockList()
    for (const [network, bits] of [...forbiddenIpv4, ...unsettledIpv4])
      special.addSubnet(network, bits, 'ipv4')
    fc.assert(
      fc.property(fc.nat(2 ** 32 - 1), value => {
        const address = ipv4(value)
        fc.pre(!special.check(address, 'ipv4'))
        expect(policy.refusal(address)).toBeUndefined()
        expect(policy.refusal(`::ffff:${address}`)).toBeUndefined()
        expect(policy.refusal(`64:ff9b::${address}`)).toBeUndefined()
      }),
      { numRuns: 2_000 },
    )
  })

  it('refuses IPv6 outside global unicast, and allows what is inside', () => {
    expect(policy.refusal('2606:4700:4700::1111')).toBeUndefined()
    expect(policy.refusal('4000::1')).toBeDefined()
    expect(policy.refusal('fe80::1%eth0')).toBeDefined()
  })

  it('allows what is listed, and nothing beside it', () => {
    const listed = addressPolicy([
      '10.1.0.0/16',
      '127.0.0.1',
      '[::1]',
      'fd00:1::/32',
      'Keycloak.Internal',
      'localhost.',
    ])
    for (const address of ['10.1.255.255', '127.0.0.1', '::ffff:127.0.0.1', '::1', 'fd00:1::5']) {
      expect(listed.refusal(address), address).toBeUndefined()
    }
    for (const address of ['10.2.0.0', '127.0.0.2', '::ffff:10.2.0.0', 'fd00:2::5', '169.254.169.254']) {
      expect(listed.refusal(address), address).toBeDefined()
    }
    expect(listed.trusts('keycloak.internal')).toBe(true)
    expect(listed.trusts('keycloak.internal.')).toBe(true)
    expect(listed.trusts('localhost')).toBe(true)
    expect(listed.trusts('evil.keycloak.internal')).toBe(false)
  })

  it.each([
    '',
    'https://host',
    'host:443',
    'host/path',
    '10.0.0.0/33',
    '0x7f.1',
    '127.1',
    '*.internal',
    'a b',
    'u@h',
  ])('refuses %j as an entry of allow', entry => {
    expect(() => addressPolicy([entry])).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }))
  })
})

function embeddings(address: string): string[] {
  const [a, b, c, d] = address.split('.').map(Number) as [number, number, number, number]
  const high = (a * 256 + b).toString(16)
  const low = (c * 256 + d).toString(16)
  return [
    `::ffff:${address}`,
    `::${address}`,
    `64:ff9b::${address}`,
    `2002:${high}:${low}::1`,
    `::ffff:0:${address}`,
  ]
}

function withinIpv4(network: string, bits: number, host: number): number {
  const base = network.split('.').reduce((value, octet) => value * 256 + Number(octet), 0)
  return base + (host % 2 ** (32 - bits))
}

function ipv4(value: number): string {
  return [24, 16, 8, 0].map(shift => Math.floor(value / 2 ** shift) % 256).join('.')
}

function withinIpv6(network: string, bits: number, host: bigint): bigint {
  const [head = '', tail = ''] = network.split('::')
  const first = head === '' ? [] : head.split(':')
  const last = tail === '' ? [] : tail.split(':')
  const groups = [...first, ...Array(8 - first.length - last.length).fill('0'), ...last]
  const base = groups.reduce((value, group) => value * 65_536n + BigInt(`0x${group}`), 0n)
  return base + (host % 2n ** BigInt(128 - bits))
}

function ipv6(value: bigint): string {
  return Array.from({ length: 8 }, (_, index) =>
    ((value >> BigInt(112 - index * 16)) & 0xffffn).toString(16),
  ).join(':')
}
