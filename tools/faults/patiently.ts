import { setTimeout as sleep } from 'node:timers/promises'
import { isCredentialError } from '@nebula-credential/core'

/** Makes a call again whenever its error says that it may be. */
export async function patiently<T>(call: () => Promise<T>, withinMs = 15_000): Promise<T> {
  const giveUpAt = performance.now() + withinMs
  for (;;) {
    try {
      return await call()
    } catch (error) {
      if (!isCredentialError(error) || !error.retryable || performance.now() > giveUpAt) throw error
      await sleep(50)
    }
  }
}
