import { CredentialError } from '@nebula-credential/core'
import { Cluster, Redis } from 'ioredis'
import { Deadlines } from './deadlines.ts'
import { driverError } from './driver-errors.ts'
import { Keyspace } from './keyspace.ts'
import {
  assertUsableClient,
  commandTimeout,
  keyPrefix,
  type RedisClient,
  type RedisOptions,
} from './options.ts'
import { runScript, type Script, type ScriptArgument } from './script.ts'
import { Subscriber } from './subscriber.ts'

/**
 * One server or cluster as the adapters use it: bounded in time, with its errors translated. Adapters that share it
 * count as its users; the last one to leave closes what it opened.
 */
export class RedisConnection {
  /** Names the server in errors, without secrets: `redis 127.0.0.1:6379 nebula`. */
  readonly name: string
  readonly client: RedisClient
  readonly keys: Keyspace
  readonly timeoutMs: number
  readonly subscriber: Subscriber
  readonly #deadlines: Deadlines
  readonly #ownsClient: boolean
  #users = 0
  #connects = 0
  readonly #onReady = () => {
    this.#connects++
  }

  private constructor(client: RedisClient | string, options: RedisOptions) {
    this.timeoutMs = commandTimeout(options)
    this.keys = new Keyspace(keyPrefix(options))
    this.#ownsClient = typeof client === 'string'
    this.client = typeof client === 'string' ? openClient(client) : client
    assertUsableClient(this.client)
    this.client.on('ready', this.#onReady)
    this.name = `redis ${addressOf(this.client)} ${this.keys.prefix}`
    this.#deadlines = new Deadlines(this.name, this.timeoutMs)
    this.subscriber = new Subscriber(this.name, this.timeoutMs, () => this.#openSubscription())
  }

  /** Names the connection that a call made now is sent on: another number is another connection. */
  get connectionNumber(): number {
    return this.client.status === 'ready' ? this.#connects : this.#connects + 1
  }

  /** One that adapters share, or one of the adapter's own; counted as used by it. */
  static usedBy(source: RedisClient | string | RedisConnection, options: RedisOptions): RedisConnection {
    const connection = source instanceof RedisConnection ? source : new RedisConnection(source, options)
    connection.#users++
    return connection
  }

  /** Runs a script. */
  run(script: Script, keys: readonly string[], args: readonly ScriptArgument[]): Promise<unknown> {
    return this.call(() => runScript(this.client, script, keys, args))
  }

  /**
   * The answer of `work`.
   * @throws CredentialError STORAGE_UNAVAILABLE, also when there is no answer in time: then it may yet happen
   */
  call<T>(work: () => Promise<T>, deadlines = this.#deadlines): Promise<T> {
    return deadlines.within(work())
  }

  /** @throws CredentialError STORAGE_UNAVAILABLE while the client waits before it tries to connect again */
  assertConnectable(): void {
    const { status } = this.client
    if (status === 'reconnecting' || status === 'close' || status === 'end') {
      throw driverError(new Error(`The connection is ${status}`), this.name)
    }
  }

  /** The servers that take writes: all masters of a cluster. */
  async writableNodes(): Promise<readonly Redis[]> {
    if (!(this.client instanceof Cluster)) return [this.client]
    await this.call(() => this.client.ping())
    return this.client.nodes('master')
  }

  /** Says that one of its users needs it no more. */
  leave(): void {
    this.#users--
    if (this.#users > 0) return
    this.client.off('ready', this.#onReady)
    this.subscriber.close()
    if (this.#ownsClient) this.client.disconnect()
  }

  async #openSubscription(): Promise<Redis> {
    // No retries of its own: the subscriber opens another one, in a cluster to another node.
    const options = { lazyConnect: true, retryStrategy: null, enableOfflineQueue: true, readOnly: false }
    if (!(this.client instanceof Cluster)) return this.client.duplicate(options)
    await this.call(() => this.client.ping())
    const nodes = this.client.nodes()
    const node = nodes[Math.floor(Math.random() * nodes.length)]
    if (node === undefined) throw new Error('The cluster has no nodes')
    return node.duplicate(options)
  }
}

/** @throws CredentialError CONFIG_INVALID */
function openClient(url: string): Redis {
  if (!/^rediss?:\/\//.test(url)) {
    throw new CredentialError(
      'CONFIG_INVALID',
      'Give an ioredis client, or a URL such as redis://:password@host:6379',
    )
  }
  const client = newClient(url)
  // Every call reports its own failure; without a listener the driver prints them as well.
  client.on('error', () => {})
  return client
}

function newClient(url: string): Redis {
  try {
    return new Redis(url, { lazyConnect: true })
  } catch {
    // The cause would quote the URL, with its password.
    throw new CredentialError(
      'CONFIG_INVALID',
      'The Redis URL cannot be read; percent-encode what is special in its password',
    )
  }
}

function addressOf(client: RedisClient): string {
  if (client instanceof Cluster) {
    const nodes = (
      client as unknown as { startupNodes: readonly (string | number | { host?: string; port?: number })[] }
    ).startupNodes
    return `cluster ${nodes.map(nodeAddress).join(',')}`
  }
  const { sentinels, name, path, host, port } = client.options
  if (sentinels) {
    return `sentinel ${name} ${sentinels.map(nodeAddress).join(',')}`
  }
  return path ?? `${host}:${port}`
}

function nodeAddress(
  node: string | number | { host?: string | undefined; port?: number | undefined },
): string {
  if (typeof node === 'object') return `${node.host ?? '127.0.0.1'}:${node.port ?? 6379}`
  if (typeof node === 'number') return `127.0.0.1:${node}`
  // It may be a URL with a password, before the host or behind it.
  return node
    .replace(/^.*@/s, '')
    .replace(/^[a-z]+:\/\//, '')
    .replace(/[/?].*$/s, '')
}
