/** The result of shared work, unless the caller gives up first. */
export async function whileWanted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted()
  const { promise: unwanted, reject } = Promise.withResolvers<never>()
  const giveUp = () => reject(signal.reason)
  signal.addEventListener('abort', giveUp, { once: true })
  try {
    return await Promise.race([work, unwanted])
  } finally {
    signal.removeEventListener('abort', giveUp)
  }
}
