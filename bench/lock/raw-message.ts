import { Redis } from 'ioredis'

const channel = 'raw-message'

/** A message from one connection to another: the round trip of whoever waits for somebody else's release. */
export class RawMessage {
  readonly #sender: Redis
  readonly #listener: Redis
  #hear: () => void = () => {}

  private constructor(sender: Redis, listener: Redis) {
    this.#sender = sender
    this.#listener = listener
    listener.on('message', () => this.#hear())
  }

  static async open(url: string): Promise<RawMessage> {
    const [sender, listener] = [new Redis(url), new Redis(url)]
    await listener.subscribe(channel)
    return new RawMessage(sender, listener)
  }

  /** Resolves when the other connection has heard it, to how long that took. */
  async send(): Promise<number> {
    const heard = new Promise<number>(resolve => {
      this.#hear = () => resolve(performance.now())
    })
    const sentAt = performance.now()
    const sent = this.#sender.publish(channel, '')
    const heardAt = await heard
    await sent
    return (heardAt - sentAt) * 1e6
  }

  close(): void {
    this.#sender.disconnect()
    this.#listener.disconnect()
  }
}
