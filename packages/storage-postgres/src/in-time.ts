/** The promise's outcome, or a rejection with the error that `late` returns when it has not settled after `ms`. */
export function inTime<T>(work: Promise<T>, ms: number, late: () => Error): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>()
  const timer = setTimeout(() => reject(late()), ms)
  work.then(resolve, reject).finally(() => clearTimeout(timer))
  return promise
}
