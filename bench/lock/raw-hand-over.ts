import { Redis } from 'ioredis'

const key = 'raw-hand-over'
const channel = 'raw-hand-over'
// What the release of a lock does at least, when somebody waits for it.
const script = `
  if redis.call('GET', KEYS[1]) == ARGV[1] then
    redis.call('SET', KEYS[1], ARGV[2], 'PX', 2000)
    redis.call('PUBLISH', ARGV[3], ARGV[2])
  end
  return 1`

/** The least that handing a lock over takes: a script that names the next owner, and its message. */
export class RawHandOver {
  readonly #client: Redis
  readonly #listener: Redis
  readonly #sha: string
  #hear: () => void = () => {}

  private constructor(client: Redis, listener: Redis, sha: string) {
    this.#client = client
    this.#listener = listener
    this.#sha = sha
    listener.on('message', () => this.#hear())
  }

  static async open(url: string): Promise<RawHandOver> {
    const [client, listener] = [new Redis(url), new Redis(url)]
    await listener.subscribe(channel)
    return new RawHandOver(client, listener, String(await client.script('LOAD', script)))
  }

  /** Makes this side the owner. */
  async take(): Promise<void> {
    await this.#client.set(key, 'holder')
  }

  /** Hands over, and resolves when the other connection has heard of it, to how long that took. */
  async handOver(): Promise<number> {
    const heard = new Promise<number>(resolve => {
      this.#hear = () => resolve(performance.now())
    })
    const askedAt = performance.now()
    const asked = this.#client.evalsha(this.#sha, 1, key, 'holder', 'waiter', channel)
    const heardAt = await heard
    await asked
    return (heardAt - askedAt) * 1e6
  }

  close(): void {
    this.#client.disconnect()
    this.#listener.disconnect()
  }
}
