import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface LoopbackServer extends AsyncDisposable {
  readonly port: number
  readonly origin: string
  /** The paths asked for, in order. */
  readonly requests: string[]
}

/** A real HTTP server on a loopback address, which ends with its block. */
export async function loopbackServer(
  answer: (request: IncomingMessage, response: ServerResponse) => unknown,
  { host = '127.0.0.1', port = 0 } = {},
): Promise<LoopbackServer> {
  const requests: string[] = []
  const listener: RequestListener = (request, response) => {
    requests.push(request.url ?? '')
    answer(request, response)
  }
  const server = createServer(listener)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, host, resolve)
  })
  const address = server.address() as AddressInfo
  return {
    port: address.port,
    origin: `http://${host}:${address.port}`,
    requests,
    async [Symbol.asyncDispose]() {
      // First no new connection, then none at all: one that comes in between would be waited for.
      const closed = new Promise(resolve => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}
