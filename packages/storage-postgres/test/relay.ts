import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** Stands between a pool and its server, so that a test can cut all of its connections, and let none in. */
export class Relay {
  readonly #sockets = new Set<Socket>()
  readonly #server = createServer(inner => {
    if (this.#isCut) {
      inner.destroy()
      return
    }
    const outer = connect(this.#port, this.#host)
    for (const [from, to] of [
      [inner, outer],
      [outer, inner],
    ] as const) {
      this.#sockets.add(from)
      from.on('error', () => to.destroy())
      from.on('close', () => {
        this.#sockets.delete(from)
        to.destroy()
      })
      from.pipe(to)
    }
  })
  readonly #host: string
  readonly #port: number
  #isCut = false

  private constructor(url: URL) {
    this.#host = url.hostname
    this.#port = Number(url.port)
  }

  static async to(url: string): Promise<Relay> {
    const relay = new Relay(new URL(url))
    relay.#server.listen(0, '127.0.0.1')
    await once(relay.#server, 'listening')
    return relay
  }

  /** The URL of the same server and database, through the relay. */
  through(url: string): string {
    const relayed = new URL(url)
    relayed.hostname = '127.0.0.1'
    relayed.port = String((this.#server.address() as AddressInfo).port)
    return relayed.href
  }

  cut(): void {
    this.#isCut = true
    for (const socket of this.#sockets) socket.destroy()
  }

  mend(): void {
    this.#isCut = false
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }
}
