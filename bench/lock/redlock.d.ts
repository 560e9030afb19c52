// The package has no types; these are the calls of its README that are used here.
declare module 'redlock' {
  import type { Redis } from 'ioredis'

  export default class Redlock {
    constructor(clients: readonly Redis[], options?: object)
    lock(resource: string, ttlMs: number): Promise<{ unlock(): Promise<void> }>
  }
}
