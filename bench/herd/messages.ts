/** What a process of the herd is told before it starts. Sent, because a key must not stand in argv. */
export interface Task {
  readonly backend: string
  readonly location: string
  /** The master key in base64. */
  readonly key: string
  readonly credentialId: string
  readonly callers: number
}

/** What a process of the herd answers. */
export interface Result {
  /** How long each caller waited, in ms. */
  readonly waits: readonly number[]
  /** The codes of errors, with how many callers got each. */
  readonly errors: Readonly<Record<string, number>>
  /** SHA-256 of each different token that was handed out. */
  readonly tokens: readonly string[]
}

export type FromParent = { readonly kind: 'task'; readonly task: Task } | { readonly kind: 'go' }
export type FromWorker = { readonly kind: 'ready' } | { readonly kind: 'result'; readonly result: Result }
