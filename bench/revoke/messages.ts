/** What the holder is told before it starts. Sent, because a key must not stand in argv. */
export interface HolderTask {
  readonly backend: string
  /** Of the place that the backend opened. */
  readonly location: string
  /** The master key in base64. */
  readonly key: string
  readonly l1TtlMs: number
  /** Whether its subscription goes through a proxy, which cuts it when told. */
  readonly cutsSubscription: boolean
}

export type ToHolder =
  | { readonly kind: 'start'; readonly task: HolderTask }
  /** Keep the token of these in memory, and go on handing it out until it is refused. */
  | { readonly kind: 'hold'; readonly ids: readonly string[] }
  | { readonly kind: 'cut' }
  | { readonly kind: 'end' }

export type FromHolder =
  | { readonly kind: 'started' }
  | { readonly kind: 'holding' }
  | { readonly kind: 'cut' }
  /** The nanosecond at which a raw message of the backend came in. */
  | { readonly kind: 'heard'; readonly text: string; readonly at: string }
  | { readonly kind: 'refused'; readonly refusals: readonly Refusal[] }

/** How a holder stopped handing out a token. */
export interface Refusal {
  readonly id: string
  /** The nanosecond at which it handed the token out for the last time. */
  readonly lastAt: string
  readonly code: string
}

/** Nanoseconds of a clock that all processes of a machine share. */
export function monotonicNs(): bigint {
  return process.hrtime.bigint()
}
