import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { binaries, redisPackage } from './binaries.ts'
import { loopback, loopbackPort } from './loopback-port.ts'
import { RedisServer } from './redis-server.ts'
import { runCommand } from './run-command.ts'
import { ServerProcess, serverFolder } from './server-process.ts'

// Sentinels take up to ten seconds to turn an old master into a replica.
const formTimeoutMs = 30_000

interface Sentinel {
  readonly port: number
  readonly process: ServerProcess
}

/** A real Redis with one replica, watched by three Sentinels that fail over when it is down for a second. */
export class RedisSentinelSet implements AsyncDisposable {
  readonly name = 'nebula'
  readonly master: RedisServer
  readonly replica: RedisServer
  readonly #sentinels: readonly Sentinel[]

  private constructor(master: RedisServer, replica: RedisServer, sentinels: readonly Sentinel[]) {
    this.master = master
    this.replica = replica
    this.#sentinels = sentinels
  }

  /** @throws ServiceUnavailable where Redis is not and cannot be installed */
  static async start(): Promise<RedisSentinelSet> {
    const master = await RedisServer.start()
    const replica = await RedisServer.start({ args: ['--replicaof', `${loopback} ${master.port}`] })
    const sentinels = await Promise.all([1, 2, 3].map(() => startSentinel('nebula', master.port)))
    const set = new RedisSentinelSet(master, replica, sentinels)
    await set.#until(async port => {
      const known = await set.ask(port, 'SENTINEL', 'MASTER', set.name)
      const replicates = (await replica.command('INFO', 'replication')).includes('master_link_status:up')
      return replicates && /num-slaves\n1\n/.test(known) && /num-other-sentinels\n2\n/.test(known)
    })
    return set
  }

  /** Where clients ask for the master. */
  get sentinels(): readonly { readonly host: string; readonly port: number }[] {
    return this.#sentinels.map(({ port }) => ({ host: loopback, port }))
  }

  /** Resolves when all Sentinels name the replica as master. */
  async failedOver(): Promise<void> {
    const promoted = String(this.replica.port)
    await this.#until(async port =>
      (await this.ask(port, 'SENTINEL', 'GET-MASTER-ADDR-BY-NAME', this.name)).includes(promoted),
    )
  }

  /** Resolves when the old master, which was started again, is a replica of the new one. */
  async replicating(): Promise<void> {
    await this.#until(async () =>
      /slave0:.*state=online/.test(await this.replica.command('INFO', 'replication')),
    )
  }

  /** Runs one command on a Sentinel. */
  async ask(port: number, ...args: string[]): Promise<string> {
    const cli = binaries(redisPackage, ['redis-cli'])['redis-cli']
    return await runCommand(cli, ['-h', loopback, '-p', String(port), ...args], { timeoutMs: 5_000 })
  }

  async #until(holds: (port: number) => Promise<boolean>): Promise<void> {
    const deadline = Date.now() + formTimeoutMs
    while (Date.now() < deadline) {
      const answers = await Promise.all(this.#sentinels.map(({ port }) => holds(port)))
      if (answers.every(Boolean)) return
      await sleep(50)
    }
    throw new Error(`The Sentinels did not agree within ${formTimeoutMs} ms`)
  }

  /** Stops it for good. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([
      ...this.#sentinels.map(sentinel => sentinel.process.discard()),
      ...[this.replica, this.master].map(server => server[Symbol.asyncDispose]()),
    ])
  }
}

async function startSentinel(name: string, masterPort: number): Promise<Sentinel> {
  const port = await loopbackPort()
  const process = new ServerProcess(serverFolder('sentinel'))
  const configuration = join(process.folder, 'sentinel.conf')
  const lines = [
    `port ${port}`,
    `bind ${loopback}`,
    `dir ${process.folder}`,
    `sentinel monitor ${name} ${loopback} ${masterPort} 2`,
    `sentinel down-after-milliseconds ${name} 1000`,
    `sentinel failover-timeout ${name} 5000`,
  ]
  writeFileSync(configuration, `${lines.join('\n')}\n`)
  const programs = binaries(redisPackage, ['redis-server', 'redis-cli'])
  await process.start({
    label: 'Redis Sentinel',
    command: programs['redis-server'],
    args: [configuration, '--sentinel'],
    isReady: async () =>
      await runCommand(programs['redis-cli'], ['-h', loopback, '-p', String(port), 'PING'], {
        timeoutMs: 5_000,
      }).then(
        answer => answer.includes('PONG'),
        () => false,
      ),
  })
  return { port, process }
}
