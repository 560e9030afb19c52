import { createHash, timingSafeEqual } from 'node:crypto'
import { encodeCanonical } from '../record/canonical.ts'
import type { Anchor } from './anchor-sink.ts'
import type { AuditKeys } from './audit-keys.ts'
import type { AuditEntry, ChainHead } from './audit-sink.ts'

const format = 1
const shards = 16

/** The start of the names of all chains of a tenant. Its length makes it injective. */
export function chainPrefix(tenantId: string): string {
  return `${tenantId.length}:${tenantId}/`
}

/** The chain that events about a credential, or where there is none by an actor, go to. */
export function chainOf(tenantId: string, credentialId: string | undefined, actor: string): string {
  const digest = createHash('sha256')
    .update(credentialId ?? actor)
    .digest()
  return `${chainPrefix(tenantId)}${(digest[0] ?? 0) % shards}`
}

/** What an empty chain ends with. The hash binds its first entry to its name. */
export function emptyHead(chain: string): ChainHead {
  const hash = createHash('sha256')
    .update(encodeCanonical([format, 'audit chain', chain]))
    .digest('hex')
  return { chain, sequence: 0, hash }
}

/** The entry that follows `head` in its chain. */
export function nextEntry(head: ChainHead, event: string, keys: AuditKeys): AuditEntry {
  const unhashed = {
    sequence: head.sequence + 1,
    previousHash: head.hash,
    keyId: keys.currentKeyId,
    event,
  }
  return { ...unhashed, hash: entryHash(head.chain, unhashed, keys).toString('hex') }
}

/** Whether an entry's keyed hash is right for its chain. The key must be known. */
export function isAuthentic(chain: string, entry: AuditEntry, keys: AuditKeys): boolean {
  return equalsHex(entryHash(chain, entry, keys), entry.hash)
}

/** The anchor over heads, authenticated. */
export function newAnchor(number: number, at: number, heads: readonly ChainHead[], keys: AuditKeys): Anchor {
  const unauthenticated = { number, at, heads, keyId: keys.currentKeyId }
  return { ...unauthenticated, mac: anchorMac(unauthenticated, keys).toString('hex') }
}

/** Whether an anchor was made with one of the audit keys, and is as it was made. */
export function isAuthenticAnchor(anchor: Anchor, keys: AuditKeys): boolean {
  return keys.has(anchor.keyId) && equalsHex(anchorMac(anchor, keys), anchor.mac)
}

function entryHash(chain: string, entry: Omit<AuditEntry, 'hash'>, keys: AuditKeys): Buffer {
  const { keyId, sequence, previousHash, event } = entry
  return keys.hmac(
    keyId,
    encodeCanonical([format, 'audit entry', keyId, chain, sequence, previousHash, event]),
  )
}

function anchorMac(anchor: Omit<Anchor, 'mac'>, keys: AuditKeys): Buffer {
  const heads = anchor.heads.map(head => [head.chain, head.sequence, head.hash])
  return keys.hmac(
    anchor.keyId,
    encodeCanonical([format, 'audit anchor', anchor.keyId, anchor.number, anchor.at, heads]),
  )
}

function equalsHex(expected: Buffer, hex: string): boolean {
  const given = Buffer.from(hex, 'hex')
  return given.length === expected.length && timingSafeEqual(given, expected)
}
