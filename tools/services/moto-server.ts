import { loopback, loopbackPort } from './loopback-port.ts'
import { pythonPackages } from './python-packages.ts'
import { ServerProcess, serverFolder } from './server-process.ts'

const version = '5.2.5'

/** A moto (https://docs.getmoto.org) on a free loopback port: AWS's STS, IAM and S3, in memory. */
export class MotoServer {
  readonly url: string
  readonly process: ServerProcess
  readonly #port: number

  private constructor(port: number) {
    this.#port = port
    this.url = `http://${loopback}:${port}`
    this.process = new ServerProcess(serverFolder('moto'))
  }

  /** @throws ServiceUnavailable where it cannot be installed */
  static async start(): Promise<MotoServer> {
    const packages = pythonPackages(`moto-${version}`, [
      `moto[iam,s3,sts]==${version}`,
      'flask',
      'flask-cors',
      'werkzeug',
    ])
    const server = new MotoServer(await loopbackPort())
    await server.process.start({
      label: 'moto',
      command: 'python3',
      args: ['-m', 'moto.server', '--host', loopback, '--port', String(server.#port)],
      env: { PYTHONPATH: packages },
      isReady: async () =>
        (await fetch(`${server.url}/moto-api/data.json`).catch(() => undefined))?.ok ?? false,
    })
    return server
  }

  /** From now on, requests are carried out only if their signature is right and a policy allows them; or all are. */
  async authorize(required: boolean): Promise<void> {
    const freeActions = required ? '0' : 'inf'
    const response = await fetch(`${this.url}/moto-api/reset-auth`, {
      method: 'POST',
      headers: { 'content-type': 'text/plain' },
      body: freeActions,
    })
    if (!response.ok) throw new Error(`moto answered ${response.status} to reset-auth`)
  }

  /** Stops it for good. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.process.discard()
  }
}
