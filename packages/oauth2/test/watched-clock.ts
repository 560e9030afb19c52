import { defaultRefreshPolicy } from '@nebula-credential/core'
import { FakeClock } from '@nebula-credential/testing'
import { expect } from 'vitest'

const requestLimitsMs: readonly number[] = [defaultRefreshPolicy.rotatingRequestMs]

/** A clock that stands still, starts now, and remembers the pauses made by it. Time limits of requests are no pauses. */
export class WatchedClock extends FakeClock {
  readonly pauses: number[] = []

  constructor() {
    super(Date.now())
  }

  override sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (!requestLimitsMs.includes(ms)) this.pauses.push(ms)
    return super.sleep(ms, signal)
  }

  /** Waits for a pause of so many ms, by real time, and lets it pass. */
  async pass(ms: number): Promise<void> {
    await expect.poll(() => this.pauses.at(-1), { interval: 5 }).toBe(ms)
    this.pauses.push(Number.NaN)
    await this.advance(ms)
  }

  /** Lets an instant come, in epoch ms, at which a promise is settled; by real time that may be a little later. */
  async reach<T>(instant: number, promise: Promise<T>): Promise<T> {
    let isSettled = false
    const settled = promise.finally(() => {
      isSettled = true
    })
    settled.catch(() => {})
    await this.advance(instant - this.now())
    await expect.poll(() => this.advance(1).then(() => isSettled), { interval: 5 }).toBe(true)
    return settled
  }
}
