interface PlainRequest {
  readonly url: string
  readonly init: RequestInit
}

/** The request in terms that undici's fetch shares with the platform's: its `Request` and `FormData` are other classes. */
export function plainRequest(input: string | URL | Request, init: RequestInit = {}): PlainRequest {
  if (!(input instanceof Request)) {
    if (!(init.body instanceof FormData)) return { url: String(input), init }
    const encoded = new Response(init.body)
    const headers = new Headers(init.headers)
    headers.set('content-type', encoded.headers.get('content-type') ?? '')
    return { url: String(input), init: { ...init, headers, body: encoded.body, duplex: 'half' } }
  }
  const { url, method, headers, body, redirect, signal } = new Request(input, init)
  return { url, init: { method, headers, body, redirect, signal, duplex: 'half' } }
}
