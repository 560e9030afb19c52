import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { binaries, postgresPackage } from './binaries.ts'
import { loopback, loopbackPort } from './loopback-port.ts'
import { runCommand } from './run-command.ts'
import { ServerProcess, serverFolder } from './server-process.ts'
import { type ServerUser, unprivilegedUser } from './server-user.ts'

export interface PostgresServerOptions {
  /** Whether commits survive a crash of the machine (fsync). Default false: tests are faster without. */
  readonly durable?: boolean
  /** Further settings: `{ max_connections: '20' }`. */
  readonly settings?: Readonly<Record<string, string>>
}

const userName = 'nebula'

/** A real PostgreSQL on a free loopback port, with a superuser `nebula` and the database `postgres`. */
export class PostgresServer {
  readonly host = loopback
  readonly port: number
  readonly user = userName
  readonly password = randomBytes(12).toString('hex')
  readonly database = 'postgres'
  readonly url: string
  readonly process: ServerProcess
  /** The user of this system that it runs as, where that is not this process's. */
  readonly owner: ServerUser | undefined
  readonly #options: PostgresServerOptions
  readonly #dataFolder: string

  private constructor(port: number, options: PostgresServerOptions) {
    this.port = port
    this.url = `postgres://${userName}:${this.password}@${loopback}:${port}/${this.database}`
    this.#options = options
    this.owner = unprivilegedUser(['postgres', 'nobody'])
    this.process = new ServerProcess(serverFolder('postgres', this.owner))
    this.#dataFolder = join(this.process.folder, 'data')
  }

  /** @throws ServiceUnavailable where PostgreSQL is not and cannot be installed */
  static async start(options: PostgresServerOptions = {}): Promise<PostgresServer> {
    binaries(postgresPackage, ['postgres', 'initdb', 'pg_isready'])
    const server = new PostgresServer(await loopbackPort(), options)
    await server.#createData()
    await server.start()
    return server
  }

  async #createData(): Promise<void> {
    const passwordFile = join(this.process.folder, 'password')
    writeFileSync(passwordFile, this.password)
    await runCommand(
      binaries(postgresPackage, ['initdb']).initdb,
      [
        ...['--pgdata', this.#dataFolder, '--username', userName, '--pwfile', passwordFile],
        ...['--auth', 'scram-sha-256', '--encoding', 'UTF8', '--locale', 'C', '--no-sync'],
      ],
      { cwd: this.process.folder, ...this.owner },
    )
  }

  /** Starts it again, on the same port and with the data it had made durable. */
  async start(): Promise<void> {
    const { postgres, pg_isready: isReady } = binaries(postgresPackage, ['postgres', 'pg_isready'])
    const address = ['-h', loopback, '-p', String(this.port)]
    await this.process.start({
      label: 'PostgreSQL',
      command: postgres,
      args: ['-D', this.#dataFolder, ...address, '-k', '', ...this.#settings()],
      user: this.owner,
      isReady: async () =>
        await runCommand(isReady, [...address, '-q']).then(
          () => true,
          () => false,
        ),
    })
  }

  #settings(): string[] {
    const { durable = false, settings = {} } = this.#options
    const speed = durable ? {} : { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }
    return Object.entries({ max_connections: '200', ...speed, ...settings }).flatMap(([name, value]) => [
      '-c',
      `${name}=${value}`,
    ])
  }

  /** Stops it as an operator would for a restart: connections are cut, transactions rolled back. */
  async stop(): Promise<void> {
    await this.process.stop('SIGINT')
  }

  /** Stops it for good. */
  async [Symbol.asyncDispose](): Promise<void> {
    // At once, yet by itself: killed, it would leave its shared memory behind.
    await this.process.stop('SIGQUIT')
    await this.process.discard()
  }
}
