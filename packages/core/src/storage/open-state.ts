import { CredentialError } from '../errors.ts'

/** Whether an adapter is still open. */
export class OpenState {
  readonly #name: string
  #closed = false

  constructor(name: string) {
    this.#name = name
  }

  get closed(): boolean {
    return this.#closed
  }

  /** @throws CredentialError CLOSED */
  assertOpen(): void {
    if (this.#closed) throw new CredentialError('CLOSED', `The ${this.#name} is closed; open a new one`)
  }

  close(): void {
    this.#closed = true
  }
}
