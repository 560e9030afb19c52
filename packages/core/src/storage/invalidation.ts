/** Tells every process that shares a backend which credentials changed. */
export interface Invalidation {
  /** Says that what was cached of a credential below `version` is out of date. */
  publish(message: InvalidationMessage): Promise<void>
  /**
   * Listens until the returned function is called. `onGap` is called whenever messages may have been missed (a lost
   * connection): the listener then forgets all it has cached.
   */
  subscribe(
    onMessage: (message: InvalidationMessage) => void,
    onGap: () => void,
  ): Promise<() => Promise<void>>
  close(): Promise<void>
}

export interface InvalidationMessage {
  readonly tenantId: string
  readonly id: string
  readonly version: number
}
