import { randomBytes } from 'node:crypto'
import {
  assertNewRecord,
  CredentialError,
  type CredentialRecord,
  type DistributedLock,
  type Invalidation,
  type ListFilter,
  type ListPage,
  OpenState,
  type Outbox,
  type Page,
  type RecordKey,
  type RecordMetadata,
  readListRequest,
  type StateStore,
  type StoredHeader,
} from '@nebula-credential/core'
import { Deadlines } from './deadlines.ts'
import { RedisDistributedLock } from './distributed-lock.ts'
import { assertDurable } from './durability.ts'
import { createHeader } from './generated/create-header.ts'
import { createRecord } from './generated/create-record.ts'
import { deleteRecord } from './generated/delete-record.ts'
import { replaceHeader } from './generated/replace-header.ts'
import { replaceRecord } from './generated/replace-record.ts'
import { updateMetadata } from './generated/update-metadata.ts'
import { RedisInvalidation } from './invalidation.ts'
import { memberOf } from './keyspace.ts'
import { leaseTiming, type RedisClient, type RedisStoreOptions, replicaWait } from './options.ts'
import { RedisOutbox } from './outbox.ts'
import {
  decodeRecord,
  encodeDue,
  encodeLabels,
  encodeMetadata,
  encodeSealed,
  recordFields,
  recordFormat,
  unknownFormat,
} from './record-codec.ts'
import { listPage } from './record-list.ts'
import { RedisConnection } from './redis-connection.ts'
import { assertSchema } from './schema.ts'
import { runScriptAndWait, type Script, type ScriptArgument } from './script.ts'
import { ServerCheck } from './server-check.ts'

// Longer than any client goes on sending a command again after its connection was lost.
const receiptMs = 600_000

/**
 * Credentials in Redis: one server, Sentinel or a cluster. Every method is one atomic command or script.
 *
 * Refuses servers without an append-only file, and those that evict. **A fail-over can lose the last acknowledged
 * writes**, unless `waitForReplicas` covers them: see the README.
 */
export class RedisStateStore implements StateStore {
  readonly name: string
  readonly #connection: RedisConnection
  readonly #options: RedisStoreOptions
  readonly #replicas: ReturnType<typeof replicaWait>
  readonly #replicaDeadlines: Deadlines
  readonly #state: OpenState
  readonly #server: ServerCheck

  /**
   * @param client A client of yours, which stays open, or a URL, for a connection that `close()` closes
   * @throws CredentialError CONFIG_INVALID
   */
  constructor(client: RedisClient | string, options: RedisStoreOptions = {}) {
    this.#replicas = replicaWait(options)
    leaseTiming(options.leaseTiming)
    this.#options = options
    this.#connection = RedisConnection.usedBy(client, options)
    this.#replicaDeadlines = new Deadlines(
      this.#connection.name,
      this.#connection.timeoutMs + (this.#replicas?.timeoutMs ?? 0),
    )
    this.name = this.#connection.name
    this.#state = new OpenState(this.name)
    this.#server = new ServerCheck(this.#connection, async () => {
      if (!options.dangerouslyVolatile) await assertDurable(this.#connection)
      await assertSchema(this.#connection)
    })
  }

  async readHeader(): Promise<StoredHeader | undefined> {
    await this.#ready()
    const { client, keys } = this.#connection
    const [version, value] = await this.#connection.call(() => client.hmget(keys.header, 'version', 'value'))
    return version && value !== null && value !== undefined ? { version: Number(version), value } : undefined
  }

  async createHeader(value: string): Promise<void> {
    const done = await this.#write(createHeader, [this.#connection.keys.header], [newWrite(), value])
    if (!done) throw new CredentialError('ALREADY_EXISTS', 'The store has a header already; read it again')
  }

  async replaceHeader(value: string, expectedVersion: number): Promise<void> {
    const args = [newWrite(), value, expectedVersion, expectedVersion + 1]
    const done = await this.#write(replaceHeader, [this.#connection.keys.header], args)
    if (!done) {
      throw new CredentialError('VERSION_CONFLICT', 'The header was written by somebody else; read it again')
    }
  }

  async create(record: CredentialRecord): Promise<void> {
    this.#state.assertOpen()
    assertNewRecord(record)
    const key = keyOf(record)
    const done = await this.#write(
      createRecord,
      [this.#recordKey(key)],
      this.#recordArguments(record),
      record.id,
    )
    if (done) return
    throw new CredentialError('ALREADY_EXISTS', `Credential ${record.id} exists already`, {
      credentialId: record.id,
    })
  }

  async get(tenantId: string, id: string): Promise<CredentialRecord | undefined> {
    await this.#ready()
    const key = { tenantId, id }
    const { client } = this.#connection
    const fields = await this.#connection.call(() =>
      client.hmgetBuffer(this.#recordKey(key), ...recordFields),
    )
    return decodeRecord(fields, key)
  }

  async replace(record: CredentialRecord): Promise<void> {
    const args = [...this.#recordArguments(record), record.version - 1, record.version]
    const done = await this.#write(replaceRecord, [this.#recordKey(keyOf(record))], args, record.id)
    if (!done) throw conflict(record.id, record.version - 1)
  }

  async updateMetadata(
    key: RecordKey,
    metadata: RecordMetadata,
    expectedVersion: number,
    updatedAt: number,
  ): Promise<void> {
    const done = await this.#write(
      updateMetadata,
      [this.#recordKey(key)],
      [
        ...this.#writeArguments(key),
        ...[encodeDue(metadata), encodeLabels(key.tenantId, metadata), encodeMetadata(metadata, updatedAt)],
        ...[expectedVersion, expectedVersion + 1],
      ],
      key.id,
    )
    if (!done) throw conflict(key.id, expectedVersion)
  }

  async delete(key: RecordKey, expectedVersion: number): Promise<void> {
    const receipt = `${this.#connection.keys.root(key.tenantId)}deleted:${memberOf(key)}`
    const args = [...this.#writeArguments(key), expectedVersion, receiptMs]
    const done = await this.#write(deleteRecord, [this.#recordKey(key), receipt], args, key.id)
    if (!done) throw conflict(key.id, expectedVersion)
  }

  async list(filter: ListFilter, page: Page): Promise<ListPage> {
    this.#state.assertOpen()
    const request = readListRequest(filter, page)
    await this.#ready()
    return await listPage(this.#connection, filter, request)
  }

  async close(): Promise<void> {
    if (this.#state.closed) return
    this.#state.close()
    this.#connection.leave()
  }

  lock(): DistributedLock {
    return new RedisDistributedLock(this.#connection, this.#options.leaseTiming)
  }

  outbox(): Outbox {
    return new RedisOutbox(this.#connection, this.#options)
  }

  invalidation(): Invalidation {
    return new RedisInvalidation(this.#connection)
  }

  /** Whether the script did its work; false says that the stored version was another. */
  async #write(
    script: Script,
    keys: readonly string[],
    args: readonly ScriptArgument[],
    id?: string,
  ): Promise<boolean> {
    await this.#ready()
    const answer = await this.#acknowledged(script, keys, args)
    if (answer === -1) throw unknownFormat(id ?? '')
    return answer === 1
  }

  async #acknowledged(script: Script, keys: readonly string[], args: readonly ScriptArgument[]) {
    const wanted = this.#replicas
    if (wanted === undefined) return await this.#connection.run(script, keys, args)
    const { answer, replicas } = await this.#connection.call(
      () => runScriptAndWait(this.#connection.client, script, keys, args, wanted),
      this.#replicaDeadlines,
    )
    if (answer !== 1 || replicas >= wanted.count) return answer
    throw new CredentialError(
      'STORAGE_UNAVAILABLE',
      `${this.name} has written, but ${replicas} of ${wanted.count} replicas have it after ${wanted.timeoutMs} ms; check its replicas`,
    )
  }

  async #ready(): Promise<void> {
    this.#state.assertOpen()
    await this.#server.passed()
  }

  #recordKey(key: RecordKey): string {
    return `${this.#connection.keys.root(key.tenantId)}record:${memberOf(key)}`
  }

  #writeArguments(key: RecordKey): string[] {
    const root = this.#connection.keys.root(key.tenantId)
    return [root, key.tenantId, memberOf(key), newWrite(), recordFormat]
  }

  #recordArguments(record: CredentialRecord): ScriptArgument[] {
    const { tenantId } = record.scope
    return [
      ...this.#writeArguments(keyOf(record)),
      ...[record.type, record.status, encodeDue(record), encodeLabels(tenantId, record)],
      ...[encodeSealed(record), encodeMetadata(record, record.updatedAt), Buffer.from(record.state)],
    ]
  }
}

/** Tells a write apart from all others: a client sends a command again when its connection broke before the answer. */
function newWrite(): string {
  return randomBytes(12).toString('base64url')
}

function keyOf(record: CredentialRecord): RecordKey {
  return { tenantId: record.scope.tenantId, id: record.id }
}

function conflict(id: string, expectedVersion: number): CredentialError {
  return new CredentialError('VERSION_CONFLICT', `Credential ${id} is not at version ${expectedVersion}`, {
    credentialId: id,
  })
}
