import {
  authenticatedFetch,
  type LiveAuthenticator,
  type SnapshotAuthenticator,
} from '@nebula-credential/core'
import type { DpopToken } from '../connection/oauth-token.ts'
import { dpopThumbprint } from '../token-endpoint/dpop-key.ts'
import { DpopNonces } from '../token-endpoint/dpop-nonces.ts'
import { dpopProof } from './dpop-proof.ts'

const maxNonces = 100

/**
 * A `fetch` that sends the token that is valid then, with a proof that we hold its key: RFC 9449 section 7. A server
 * that wants a nonce in the proof is given it, and the nonce is remembered for its origin and the key. For the rest it is
 * `authenticatedFetch`; the body of a request is held in memory until the answer is there.
 *
 * @example
 * const fetch = await acme.client(id, dpopFetch)
 * await fetch('https://api.example.com/reports')
 */
export const dpopFetch: LiveAuthenticator<void, typeof globalThis.fetch, DpopToken> = {
  name: 'dpopFetch',
  kind: 'dpop',
  live: true,
  authenticate(_target, source) {
    const nonces = new DpopNonces(maxNonces)
    return (input, init) => {
      let token: DpopToken | undefined
      const authenticator: SnapshotAuthenticator<Request, Request, DpopToken> = {
        name: 'dpopFetch',
        kind: 'dpop',
        authenticate(request, current) {
          token = current
          return withHeader(request, 'authorization', `DPoP ${current.value.expose()}`)
        },
      }
      const send = (request: Request, { signal }: { readonly signal: AbortSignal }) =>
        // A redirect to another origin goes without the token, and so without a proof.
        token !== undefined && request.headers.get('authorization')?.startsWith('DPoP ')
          ? sendProven(request, token, nonces, signal)
          : globalThis.fetch(request, { signal })
      return authenticatedFetch(source, authenticator, { fetch: send as typeof globalThis.fetch })(
        input,
        init,
      )
    }
  },
}

async function sendProven(
  request: Request,
  token: DpopToken,
  nonces: DpopNonces,
  signal: AbortSignal,
): Promise<Response> {
  const { method, url } = request
  const context = { url, thumbprint: await dpopThumbprint(token.key) }
  const send = async (given: Request) => {
    const proof = await dpopProof(token, { method, url, nonce: nonces.newest(context) })
    const response = await globalThis.fetch(withHeader(given, 'dpop', proof), { signal })
    nonces.keep(context, response)
    return response
  }
  const spare = request.clone()
  const response = await send(request)
  if (!wantsNonce(response)) {
    await spare.body?.cancel()
    return response
  }
  await response.body?.cancel()
  return send(spare)
}

/** RFC 9449 section 9. */
function wantsNonce({ status, headers }: Response): boolean {
  const challenge = headers.get('www-authenticate') ?? ''
  return status === 401 && headers.has('dpop-nonce') && /\berror="?use_dpop_nonce\b/.test(challenge)
}

function withHeader(request: Request, name: string, value: string): Request {
  const headers = new Headers(request.headers)
  headers.set(name, value)
  return new Request(request, { headers })
}
