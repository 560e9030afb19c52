/**
 * Named places in a process's work: before and after every call that leaves the manager. `reached` is told of each one
 * while the points are armed, so that a test can list them in a dry run and end the process at any of them.
 */
export class Points {
  readonly #reached: (point: string) => void
  readonly #calls = new Map<string, number>()
  #armed = false

  constructor(reached: (point: string) => void) {
    this.#reached = reached
  }

  arm(): void {
    this.#armed = true
  }

  /** Makes a call with a point before and one after it, whether it succeeds or fails. */
  async around<T>(call: string, make: () => Promise<T>): Promise<T> {
    if (!this.#armed) return make()
    const number = (this.#calls.get(call) ?? 0) + 1
    this.#calls.set(call, number)
    this.#reached(`before ${call} ${number}`)
    try {
      return await make()
    } finally {
      this.#reached(`after ${call} ${number}`)
    }
  }
}

// What a store offers is asked for once, while a manager is built, and answered at once.
const companions = new Set(['lock', 'outbox', 'audit', 'invalidation'])

/** A port whose every asynchronous method has its points, also those that the port will gain. */
export function pointed<Port extends object>(port: Port, name: string, points: Points): Port {
  return new Proxy(port, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key, target)
      if (typeof value !== 'function') return value
      const method = value.bind(target)
      if (typeof key === 'symbol') return method
      if (companions.has(key)) return () => pointed(method(), key, points)
      return (...given: unknown[]) =>
        points.around(`${name}.${key}`, async () => {
          const result: unknown = await method(...given)
          return isLease(result) ? pointed(result, 'lease', points) : result
        })
    },
  })
}

function isLease(result: unknown): result is object {
  return typeof result === 'object' && result !== null && 'ownerToken' in result
}
