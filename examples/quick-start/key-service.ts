import { createHash, timingSafeEqual } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A service on loopback that answers 200 to its API key in the header X-API-Key, and 401 to everything else. */
export async function startKeyService(key: string): Promise<{ url: string } & AsyncDisposable> {
  const server = createServer((request, response) => {
    const isRight = equals(String(request.headers['x-api-key'] ?? ''), key)
    response.writeHead(isRight ? 200 : 401).end()
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/weather`,
    async [Symbol.asyncDispose]() {
      // First no new connection, then none at all: one that comes in between would be waited for.
      const closed = new Promise(resolve => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}

function equals(one: string, other: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(one), digest(other))
}
