import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

export const loopback = '127.0.0.1'

/**
 * A loopback port that nobody listens on. Below the ranges from which systems number outgoing connections, so that
 * a server that is stopped finds its port free when it starts again.
 */
export async function loopbackPort(): Promise<number> {
  for (;;) {
    const port = randomInt(15_000, 32_000)
    if (await isFree(port)) return port
  }
}

function isFree(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const probe = createServer()
  probe.once('error', () => resolve(false))
  probe.listen({ port, host: loopback, exclusive: true }, () => probe.close(() => resolve(true)))
  return promise
}
