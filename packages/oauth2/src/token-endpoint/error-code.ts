import { parsedObject } from './json-object.ts'

/** Remembers which error code the last answer brought: for what a code means in one grant alone. */
export function rememberErrorCode(): {
  readonly read: (response: Response) => Promise<Response>
  readonly code: () => unknown
} {
  let code: unknown
  return {
    code: () => code,
    async read(response) {
      const text = await response
        .clone()
        .text()
        .catch(() => '')
      code = parsedObject(text)?.error
      return response
    },
  }
}
