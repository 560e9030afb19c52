import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { CredentialError, encodeCanonical, type RecordKey } from '@nebula-credential/core'

/** Between tenant and id in a member: below every character, so that members are ordered by tenant, then by id. */
export const separator = '\0'
const shardCount = 64

/** Where everything is: the names of keys and channels under one prefix. */
export class Keyspace {
  readonly prefix: string
  /** The roots of all shards. */
  readonly roots: readonly string[]

  constructor(prefix: string) {
    this.prefix = prefix
    this.roots = Array.from({ length: shardCount }, (_, shard) => `{${prefix}:${shard}}:`)
  }

  get header(): string {
    return `{${this.prefix}:header}`
  }

  get schema(): string {
    return `{${this.prefix}:schema}`
  }

  get invalidations(): string {
    return `${this.prefix}:invalidations`
  }

  /**
   * What the keys of a tenant's records, indexes and outbox entries start with. Its braces are a hash tag: in a
   * cluster they all are on one node, as a script needs them.
   */
  root(text: string): string {
    return this.roots[crc32(text) % shardCount] as string
  }

  token(cacheKey: string): string {
    return `${this.root(cacheKey)}token:${cacheKey}`
  }

  tombstone(cacheKey: string): string {
    return `${this.root(cacheKey)}tombstone:${cacheKey}`
  }

  outbox(key: RecordKey): string {
    return `${this.root(key.tenantId)}outbox:${memberOf(key)}`
  }

  lock(key: string): string {
    return `${this.prefix}:lock:${key}`
  }

  lockReleases(key: string): string {
    return `${this.prefix}:lock-released:${key}`
  }
}

/**
 * A record's name within its shard and in the indexes.
 * @throws CredentialError INPUT_INVALID when the tenant could be taken for another one with another id
 */
export function memberOf({ tenantId, id }: RecordKey): string {
  if (tenantId.includes(separator)) {
    throw new CredentialError('INPUT_INVALID', 'A tenant id must not contain a NUL character')
  }
  return `${tenantId}${separator}${id}`
}

export function keyOfMember(member: string): RecordKey {
  const at = member.indexOf(separator)
  return { tenantId: member.slice(0, at), id: member.slice(at + 1) }
}

/** Names a label of a tenant in an index, whatever its text. */
export function labelDigest(tenantId: string, name: string, value: string): string {
  const digest = createHash('sha256').update(encodeCanonical([tenantId, name, value]))
  return digest.digest('base64url').slice(0, 22)
}
