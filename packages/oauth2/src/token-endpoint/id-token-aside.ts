import { parsedObject } from './json-object.ts'

/**
 * Takes the ID token out of a token response before the library sees it. The library refuses a whole response whose ID
 * token it finds at fault, and with it a refresh token that has replaced ours already; who reads the ID token verifies it.
 */
export function setIdTokenAside(): {
  readonly read: (response: Response) => Promise<Response>
  readonly idToken: () => string | undefined
} {
  let idToken: string | undefined
  return {
    idToken: () => idToken,
    async read(response) {
      if (response.status !== 200) return response
      const text = await response.text()
      const { status, headers } = response
      const tokens = parsedObject(text)
      if (tokens === undefined) return new Response(text, { status, headers })
      const { id_token: received, ...others } = tokens
      if (typeof received === 'string') idToken = received
      return new Response(JSON.stringify(others), { status, headers })
    },
  }
}
