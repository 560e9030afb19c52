import { SecretString } from './secret-string.ts'

/**
 * A value that lives for one block and whose owned secrets are zeroed at its end.
 *
 * @example
 * using state = new Ephemeral(decoded)
 * return definition.access(state.value)
 */
export class Ephemeral<T> implements Disposable {
  readonly value: T

  constructor(value: T) {
    this.value = value
  }

  [Symbol.dispose](): void {
    disposeSecrets(this.value)
  }
}

/** Zeroes every {@link SecretString} and byte array reachable through plain objects and arrays. */
export function disposeSecrets(value: unknown): void {
  if (value instanceof SecretString) value[Symbol.dispose]()
  else if (value instanceof Uint8Array) value.fill(0)
  else if (Array.isArray(value)) for (const item of value) disposeSecrets(item)
  else if (typeof value === 'object' && value !== null) {
    const prototype = Object.getPrototypeOf(value)
    if (prototype === Object.prototype || prototype === null) {
      for (const key of Object.keys(value)) disposeSecrets((value as Record<string, unknown>)[key])
    }
  }
}
