import { connect, createServer, type Server, type Socket } from 'node:net'
import { loopback } from './loopback-port.ts'

interface ProxyTarget {
  readonly port: number
  readonly host?: string
}

/**
 * A way to a server that can be cut, slowed down and made to lose answers, while the server itself goes on.
 */
export class TcpProxy implements AsyncDisposable {
  readonly host = loopback
  readonly port: number
  /** Holds back every answer so long, in milliseconds. */
  delayMs = 0
  readonly #target: ProxyTarget
  readonly #server: Server
  readonly #pairs = new Set<readonly [Socket, Socket]>()
  #refuses = false
  #losesAnswers = false

  private constructor(server: Server, target: ProxyTarget) {
    this.#server = server
    this.#target = target
    this.port = (server.address() as { port: number }).port
    server.on('connection', client => this.#connect(client))
  }

  static async start(target: ProxyTarget): Promise<TcpProxy> {
    // As the drivers' own sockets: a small answer must not wait for the acknowledgement of the one before.
    const server = createServer({ noDelay: true })
    const { promise, resolve } = Promise.withResolvers<void>()
    server.listen(0, loopback, resolve)
    await promise
    return new TcpProxy(server, target)
  }

  /** Cuts all connections and closes new ones at once. */
  cut(): void {
    this.#refuses = true
    this.cutConnections()
  }

  /** Cuts the connections that stand; new ones are let through. */
  cutConnections(): void {
    for (const pair of this.#pairs) for (const socket of pair) socket.destroy()
  }

  /** From now on a request reaches the server, and its connection is cut when the answer comes. */
  loseAnswers(): void {
    this.#losesAnswers = true
  }

  /** Lets everything through again. */
  restore(): void {
    this.#refuses = false
    this.#losesAnswers = false
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut()
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#server.close(() => resolve())
    await promise
  }

  #connect(client: Socket): void {
    client.on('error', () => {})
    if (this.#refuses) {
      client.destroy()
      return
    }
    const { port, host = loopback } = this.#target
    const server = connect({ port, host, noDelay: true })
    const pair = [client, server] as const
    this.#pairs.add(pair)
    server.on('error', () => {})
    client.on('data', data => server.write(data))
    server.on('data', data => this.#answer(data, client))
    for (const socket of pair) {
      socket.on('close', () => {
        this.#pairs.delete(pair)
        for (const each of pair) each.destroy()
      })
    }
  }

  #answer(data: Buffer, client: Socket): void {
    if (this.#losesAnswers) client.destroy()
    else if (this.delayMs === 0) client.write(data)
    else setTimeout(() => client.write(data), this.delayMs)
  }
}
