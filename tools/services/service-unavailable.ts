/** A server that a test needs can neither be found nor installed here. */
export class ServiceUnavailable extends Error {
  override readonly name = 'ServiceUnavailable'
}

/**
 * What `start` gives, or undefined where the service cannot be had: then it says so, and the caller skips its tests.
 * Under `CI=true` nothing is skipped.
 * @throws ServiceUnavailable under `CI=true`
 */
export async function unlessUnavailable<T>(what: string, start: () => Promise<T>): Promise<T | undefined> {
  try {
    return await start()
  } catch (error) {
    if (!(error instanceof ServiceUnavailable) || process.env.CI === 'true') throw error
    console.warn(`> NOT TESTED: ${what}. ${error.message}`)
    return undefined
  }
}
