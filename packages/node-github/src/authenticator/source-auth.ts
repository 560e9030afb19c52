import type { TokenSource } from '@nebula-credential/core'
import type { Octokit } from '@octokit/core'
import type { GithubToken } from '../credential/github-server.ts'

type Request = Octokit['request']
type Endpoint = Parameters<Request['endpoint']['parse']>[0] & { readonly url: string }

export interface SourceAuthOptions {
  readonly source: TokenSource<GithubToken>
  /** The API that the tokens are for. They go nowhere else. */
  readonly baseUrl: string
}

/** What Octokit calls: itself for the token of now, and `hook` around each request. */
export interface SourceAuth {
  (): Promise<{ readonly type: 'token'; readonly token: string; readonly expiresAt?: string }>
  readonly hook: (request: Request, endpoint: Endpoint) => ReturnType<Request>
}

/** An Octokit authentication strategy that asks a source for the token of each request. */
export function sourceAuth({ source, baseUrl }: SourceAuthOptions): SourceAuth {
  const servers = serversOf(baseUrl)

  /** The token valid now, as Octokit's strategies describe it. */
  const auth = async () => {
    const { value, expiresAt } = await source.getToken()
    return {
      type: 'token' as const,
      token: value.expose(),
      ...(expiresAt !== undefined && { expiresAt: new Date(expiresAt).toISOString() }),
    }
  }

  /** Sends a request with the token, and once more with a new one after a 401. */
  const hook = async (request: Request, endpoint: Endpoint) => {
    if (!servers.has(new URL(request.endpoint.parse(endpoint).url, baseUrl).origin)) return request(endpoint)
    const token = await source.getToken({ signal: endpoint.request?.signal })
    try {
      return await request(withToken(endpoint, token))
    } catch (error) {
      if (!isUnauthorized(error)) throw error
      return await request(withToken(endpoint, await source.reportRejected(token)))
    }
  }

  return Object.assign(auth, { hook })
}

/** The origins of a server: uploads of GitHub.com and of GHE.com have one of their own. */
function serversOf(baseUrl: string): ReadonlySet<string> {
  const { origin } = new URL(baseUrl)
  return new Set([origin, origin.replace('://api.', '://uploads.')])
}

function withToken(endpoint: Endpoint, { value }: GithubToken): Endpoint {
  return { ...endpoint, headers: { ...endpoint.headers, authorization: `Bearer ${value.expose()}` } }
}

function isUnauthorized(error: unknown): boolean {
  return error instanceof Error && 'status' in error && error.status === 401
}
