// AWS refuses signatures that are more than 5 minutes old or early; S3, 15.
const toleranceMs = 4 * 60_000

/** This machine's clock, corrected by what servers say the time is. */
export class ServerClock {
  #aheadMs = 0

  /** Epoch ms at the servers, as far as is known. */
  now(): number {
    return Date.now() + this.#aheadMs
  }

  /**
   * Learns from the Date header of a refusal. True when this clock was so far off that the refusal may be due to that:
   * a request signed anew may succeed.
   */
  learnFrom(response: Response): boolean {
    if (![400, 401, 403].includes(response.status)) return false
    const theirs = Date.parse(response.headers.get('date') ?? '')
    if (Number.isNaN(theirs) || Math.abs(theirs - this.now()) < toleranceMs) return false
    this.#aheadMs = theirs - Date.now()
    return true
  }
}
