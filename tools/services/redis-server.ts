import { binaries, redisPackage } from './binaries.ts'
import { loopback, loopbackPort } from './loopback-port.ts'
import { runCommand } from './run-command.ts'
import { ServerProcess, serverFolder } from './server-process.ts'

export interface RedisServerOptions {
  /** Whether it keeps an append-only file. Default true. */
  readonly appendOnly?: boolean
  /** Requires this password. Default none. */
  readonly password?: string
  /** Further configuration: `['--replicaof', '127.0.0.1 6379']`. */
  readonly args?: readonly string[]
}

/** A real Redis on a free loopback port. */
export class RedisServer {
  readonly host = loopback
  readonly port: number
  readonly url: string
  readonly process: ServerProcess
  readonly #options: RedisServerOptions

  private constructor(port: number, options: RedisServerOptions) {
    this.port = port
    this.url = `redis://${options.password ? `:${options.password}@` : ''}${loopback}:${port}`
    this.process = new ServerProcess(serverFolder('redis'))
    this.#options = options
  }

  /** @throws ServiceUnavailable where Redis is not and cannot be installed */
  static async start(options: RedisServerOptions = {}): Promise<RedisServer> {
    binaries(redisPackage, ['redis-server', 'redis-cli'])
    const server = new RedisServer(await loopbackPort(), options)
    await server.start()
    return server
  }

  /** Starts it again, on the same port and with the data it had made durable. */
  async start(): Promise<void> {
    const { appendOnly = true, password, args = [] } = this.#options
    await this.process.start({
      label: 'Redis',
      command: binaries(redisPackage, ['redis-server'])['redis-server'],
      args: [
        ...['--bind', loopback, '--port', String(this.port), '--dir', this.process.folder],
        ...['--save', '', '--appendonly', appendOnly ? 'yes' : 'no', '--repl-diskless-sync-delay', '0'],
        ...(password ? ['--requirepass', password] : []),
        ...args,
      ],
      isReady: async () => (await this.command('PING').catch(() => '')).includes('PONG'),
    })
  }

  /** Runs one command by `redis-cli` and gives what it prints. */
  async command(...args: string[]): Promise<string> {
    const cli = binaries(redisPackage, ['redis-cli'])['redis-cli']
    const auth = this.#options.password ? ['--no-auth-warning', '-a', this.#options.password] : []
    return await runCommand(cli, ['-h', loopback, '-p', String(this.port), ...auth, ...args], {
      timeoutMs: 5_000,
    })
  }

  /** Stops it for good. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.process.discard()
  }
}
