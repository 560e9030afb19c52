import { readAhead } from './read-ahead.ts'

interface PlainRequest {
  readonly url: string
  readonly init: RequestInit
}

/** The request in terms that undici's fetch shares with the platform's: its `Request` and `FormData` are other classes. */
export async function plainRequest(
  input: string | URL | Request,
  init: RequestInit = {},
): Promise<PlainRequest> {
  if (!(input instanceof Request)) {
    if (!(init.body instanceof FormData)) return { url: String(input), init }
    const encoded = new Response(init.body)
    const headers = new Headers(init.headers)
    headers.set('content-type', encoded.headers.get('content-type') ?? '')
    return { url: String(input), init: { ...init, headers, ...(await sendable(encoded.body, headers)) } }
  }
  const request = new Request(input, init)
  const { url, method, headers, body, redirect, signal } = request
  followed.set(signal, [input, request])
  return { url, init: { method, headers, redirect, signal, ...(await sendable(body, headers)) } }
}

// A Request's signal follows its caller's only as long as the Request is about: without this, collecting the garbage
// would let a request go on that was given up.
const followed = new WeakMap<AbortSignal, readonly Request[]>()

/** A body that goes out with its length if it has one: many servers answer 411 to one that comes in chunks. */
async function sendable(
  body: ReadableStream<Uint8Array> | null,
  headers: Headers,
): Promise<Pick<RequestInit, 'body' | 'duplex'>> {
  const hasLength = body === null || headers.has('content-length')
  return {
    body: hasLength ? body : ((await readAhead(body)) as NonNullable<RequestInit['body']>),
    duplex: 'half',
  }
}
