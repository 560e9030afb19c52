/** The promise's outcome, or a rejection with the error that `late` returns when it has not settled after `ms`. */
export function inTime<T>(work: Promise<T>, ms: number, late: () => Error): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>()
  // A process that was frozen finds the timer due and the answer in its socket: the answer is looked at first.
  const timer = setTimeout(() => setImmediate(() => reject(late())), ms)
  work.then(resolve, reject).finally(() => clearTimeout(timer))
  return promise
}
