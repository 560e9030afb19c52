/** What a proof goes to, and by which key. */
export interface ProofContext {
  readonly url: string
  /** The key's thumbprint, RFC 7638: no secret. */
  readonly thumbprint: string
}

/**
 * The newest nonce that each server gave for proofs by each key, RFC 9449 sections 8.2 and 9. Servers are told apart by
 * their origin. In memory, and bounded: those that were not needed for longest go first.
 */
export class DpopNonces {
  readonly #newest = new Map<string, string>()
  readonly #limit: number

  constructor(limit: number) {
    this.#limit = limit
  }

  /** What the next proof says; undefined where the server has given nothing. */
  newest(context: ProofContext): string | undefined {
    const place = placeOf(context)
    const nonce = this.#newest.get(place)
    if (nonce !== undefined) this.#put(place, nonce)
    return nonce
  }

  /** Keeps what an answer gives, whatever its status; one that gives nothing leaves the last in force. */
  keep(context: ProofContext, { headers }: Response): void {
    const nonce = headers.get('dpop-nonce')
    if (nonce) this.#put(placeOf(context), nonce)
  }

  forget(context: ProofContext): void {
    this.#newest.delete(placeOf(context))
  }

  #put(place: string, nonce: string): void {
    this.#newest.delete(place)
    this.#newest.set(place, nonce)
    if (this.#newest.size > this.#limit) this.#newest.delete(this.#newest.keys().next().value as string)
  }
}

const placeOf = ({ url, thumbprint }: ProofContext) => `${thumbprint} ${new URL(url).origin}`
