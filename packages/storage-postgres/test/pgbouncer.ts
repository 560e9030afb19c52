import { chownSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { binaries, pgbouncerPackage } from '../../../tools/services/binaries.ts'
import { loopbackPort } from '../../../tools/services/loopback-port.ts'
import { ServerProcess, serverFolder } from '../../../tools/services/server-process.ts'
import { unprivilegedUser } from '../../../tools/services/server-user.ts'

/** A PgBouncer in transaction mode before the server of a URL. Sessions are few, so that clients share them. */
export class Pgbouncer {
  readonly #process: ServerProcess
  readonly #port: number

  private constructor(process: ServerProcess, port: number) {
    this.#process = process
    this.#port = port
  }

  /** @throws ServiceUnavailable */
  static async before(serverUrl: string): Promise<Pgbouncer> {
    const { pgbouncer } = binaries(pgbouncerPackage, ['pgbouncer'])
    const server = new URL(serverUrl)
    const owner = unprivilegedUser(['postgres', 'nobody'])
    const process = new ServerProcess(serverFolder('pgbouncer', owner))
    const port = await loopbackPort()
    const write = (name: string, text: string) => {
      const path = join(process.folder, name)
      writeFileSync(path, text, { mode: 0o600 })
      if (owner) chownSync(path, owner.uid, owner.gid)
      return path
    }
    const users = write('users.txt', `"${server.username}" "${server.password}"\n`)
    const settings = [
      ...['[databases]', `* = host=${server.hostname} port=${server.port}`, '[pgbouncer]'],
      ...['listen_addr = 127.0.0.1', `listen_port = ${port}`, 'unix_socket_dir =', 'auth_type = plain'],
      ...[`auth_file = ${users}`, 'pool_mode = transaction', 'default_pool_size = 3', ''],
    ]
    await process.start({
      label: 'PgBouncer',
      command: pgbouncer,
      args: [write('pgbouncer.ini', settings.join('\n'))],
      user: owner,
      isReady: () => accepts(port),
    })
    return new Pgbouncer(process, port)
  }

  /** The URL of the same database, through the pooler. */
  through(url: string): string {
    const pooled = new URL(url)
    pooled.port = String(this.#port)
    return pooled.href
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process.discard()
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(port, '127.0.0.1', () => resolve(true))
    socket.on('error', () => resolve(false))
    socket.on('connect', () => socket.end())
  })
}
