import {
  encodeCursor,
  type ListFilter,
  type ListPage,
  type ListPosition,
  type ListRequest,
  type RecordSummary,
} from '@nebula-credential/core'
import { listRecords } from './generated/list-records.ts'
import { keyOfMember, labelDigest, memberOf, separator } from './keyspace.ts'
import { decodeSummary } from './record-codec.ts'
import type { RedisConnection } from './redis-connection.ts'

// One script call looks at no more members than this, so that it never keeps the server busy for long.
const mostPerCall = 1_000
const fieldsPerRecord = 6
const justAboveSeparator = '\x01'

interface FoundRecord {
  readonly member: Buffer
  /** The due time in a list of due records, otherwise 0. */
  readonly score: number
  /** Format, version, sealed fields and metadata. */
  readonly fields: readonly Buffer[]
}

/** One page, over one tenant's shard or over all shards, whose orders it merges. */
export async function listPage(
  connection: RedisConnection,
  filter: ListFilter,
  request: ListRequest,
): Promise<ListPage> {
  const { keys } = connection
  const roots = filter.tenantId === undefined ? keys.roots : [keys.root(filter.tenantId)]
  const shards = roots.map(root => new ShardWalk(connection, root, filter, request.after))
  // One more than its share: by due time most pages then need one call per shard.
  const first = Math.ceil((request.limit + 1) / roots.length) + (roots.length > 1 ? 1 : 0)
  await Promise.all(shards.map(shard => shard.fill(first)))

  const found: FoundRecord[] = []
  while (found.length <= request.limit) {
    const next = shards.reduce(firstOf)
    if (next.head === undefined) break
    found.push(next.head)
    next.advance()
    if (next.head === undefined) await next.fill(request.limit + 1)
  }
  const records = found.slice(0, request.limit).map(toSummary)
  const last = found.length > request.limit ? records.at(-1) : undefined
  return { records, cursor: last && encodeCursor(positionOf(last, filter)) }
}

/** A walk through what a filter finds in one shard, in the order of the list. */
class ShardWalk {
  readonly #connection: RedisConnection
  readonly #root: string
  readonly #filter: ListFilter
  #after: { readonly member: string | Buffer; readonly score: string | Buffer } | undefined
  #found: FoundRecord[] = []
  #at = 0
  #atOnce = 0
  #ended = false

  constructor(
    connection: RedisConnection,
    root: string,
    filter: ListFilter,
    after: ListPosition | undefined,
  ) {
    this.#connection = connection
    this.#root = root
    this.#filter = filter
    this.#after = after && { member: memberOf(after), score: String(after.dueAt ?? 0) }
  }

  get head(): FoundRecord | undefined {
    return this.#found[this.#at]
  }

  advance(): void {
    this.#at++
  }

  /**
   * Fetches on until there is a head, or the shard is at its end: each time more, up to `most` at once, because a
   * tenant's records are all in one shard.
   */
  async fill(most: number): Promise<void> {
    while (this.head === undefined && !this.#ended) {
      this.#atOnce = Math.min(this.#atOnce === 0 ? most : this.#atOnce * 4, most)
      await this.#fetch(this.#atOnce)
    }
  }

  async #fetch(limit: number): Promise<void> {
    const { walkable, others } = indexesFor(this.#root, this.#filter)
    const range = this.#filter.dueBefore === undefined ? this.#keyRange() : this.#dueRange()
    const reply = (await this.#connection.run(
      listRecords,
      [...walkable, ...others],
      [range.mode, walkable.length, `${this.#root}record:`, limit, mostPerCall, ...range.args],
    )) as [number, Buffer, Buffer, ...Buffer[]]
    const [ended, member, score, ...rest] = reply
    this.#ended = ended === 1
    if (member.length > 0) this.#after = { member, score }
    this.#found = []
    this.#at = 0
    for (let at = 0; at < rest.length; at += fieldsPerRecord) {
      const [foundMember, foundScore, ...fields] = rest.slice(at, at + fieldsPerRecord)
      this.#found.push({ member: foundMember as Buffer, score: Number(foundScore), fields })
    }
  }

  #keyRange() {
    const { tenantId } = this.#filter
    const start = tenantId === undefined ? '-' : `[${tenantId}${separator}`
    const end = tenantId === undefined ? '+' : `(${tenantId}${justAboveSeparator}`
    const from = this.#after ? Buffer.concat([Buffer.from('('), Buffer.from(this.#after.member)]) : start
    return { mode: 'key', args: [from, end] }
  }

  #dueRange() {
    const after = this.#after ?? { member: '', score: '' }
    return { mode: 'due', args: [String(this.#filter.dueBefore), after.score, after.member] }
  }
}

/** The indexes of which any one may be walked, and those that must contain what is found besides. */
function indexesFor(root: string, filter: ListFilter) {
  const { tenantId, type, status, dueBefore, labels = {} } = filter
  const byLabel = Object.entries(labels).map(
    ([name, value]) => `${root}label:${labelDigest(tenantId ?? '', name, value)}`,
  )
  const byType = type === undefined ? [] : [`${root}type:${type}`]
  const byStatus = status === undefined ? [] : [`${root}status:${status}`]
  if (dueBefore === undefined) {
    const specific = [...byLabel, ...byType, ...byStatus]
    return { walkable: specific.length > 0 ? specific : [`${root}all`], others: [] }
  }
  const dueOf = [
    ...(tenantId === undefined ? [] : [`${root}due-tenant:${tenantId}`]),
    ...(status === undefined ? [] : [`${root}due-status:${status}`]),
  ]
  return { walkable: dueOf.length > 0 ? dueOf : [`${root}due`], others: [...byLabel, ...byType] }
}

function firstOf(left: ShardWalk, right: ShardWalk): ShardWalk {
  if (right.head === undefined) return left
  if (left.head === undefined) return right
  const order = left.head.score - right.head.score || Buffer.compare(left.head.member, right.head.member)
  return order <= 0 ? left : right
}

function toSummary({ member, fields }: FoundRecord): RecordSummary {
  return decodeSummary(fields, keyOfMember(member.toString()))
}

function positionOf(record: RecordSummary, filter: ListFilter): ListPosition {
  const key = { tenantId: record.scope.tenantId, id: record.id }
  return filter.dueBefore === undefined ? key : { ...key, dueAt: record.dueAt }
}
