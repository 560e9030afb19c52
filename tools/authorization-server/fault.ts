import type { ServerResponse } from 'node:http'

/** How a token request goes wrong. */
export interface Fault {
  /** `before` the server acts on the request, or `after`: a refresh token is then used up and its successor lost. */
  readonly when: 'before' | 'after'
  /** What the client sees. Default: the connection is reset. */
  readonly answer?: {
    readonly status: number
    readonly headers?: Readonly<Record<string, string>>
    readonly body?: string
  }
}

/** Answers with a fault instead of what the server would have said. */
export function answerWithFault(response: ServerResponse, { answer }: Fault): void {
  if (answer === undefined) {
    response.socket?.resetAndDestroy()
    return
  }
  for (const name of response.getHeaderNames()) response.removeHeader(name)
  response.writeHead(answer.status, { ...answer.headers })
  response.end(answer.body ?? '')
}

/** Lets the server act, and calls `answered` when it wants to answer; `release` sends what it said. */
export function holdAnswer(response: ServerResponse, answered: (release: () => void) => void): void {
  const end = response.end
  response.end = ((...given: Parameters<typeof end>) => {
    response.end = end
    answered(() => response.end(...given))
    return response
  }) as typeof end
}
