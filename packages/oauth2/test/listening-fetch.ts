import { loopbackFetch } from './environment.ts'

/** A fetch for servers on this machine that keeps what they answer. */
export function listeningFetch() {
  const outbound = loopbackFetch()
  const answers: { readonly url: string; readonly body: string }[] = []
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const response = await outbound(input, init)
    answers.push({ url: String(input), body: await response.clone().text() })
    return response
  }
  return {
    fetch,
    /** A field of the last JSON answer of a path. */
    lastAnswer(path: string, field: string): string {
      const answer = answers.findLast(({ url }) => new URL(url).pathname === path)
      return String((JSON.parse(answer?.body ?? '{}') as Record<string, unknown>)[field])
    },
  }
}
