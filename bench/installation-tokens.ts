import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { request } from '@octokit/request'

/** A server that answers as GitHub does when an app asks for an installation's token. */
export interface InstallationTokens {
  /** Octokit's `request`, bound to the server. */
  readonly request: typeof request
  readonly requests: number
  close(): Promise<void>
}

export async function serveInstallationTokens(): Promise<InstallationTokens> {
  let requests = 0
  const server = createServer((_, response) => {
    requests++
    response.writeHead(201, { 'content-type': 'application/json' }).end(
      JSON.stringify({
        token: `ghs_${randomBytes(27).toString('base64url')}`,
        expires_at: new Date(Date.now() + 3_600_000).toISOString(),
        permissions: { contents: 'read', issues: 'write', metadata: 'read' },
        repository_selection: 'all',
      }),
    )
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    request: request.defaults({ baseUrl }),
    get requests() {
      return requests
    },
    async close() {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
}
