import { CredentialError } from '../errors.ts'
import type { AnyCredential } from './credential.ts'

/** The credential types that a manager knows, by name. */
export class CredentialRegistry {
  readonly #definitions = new Map<string, AnyCredential>()

  /**
   * Registering the same definition again does nothing.
   * @throws CredentialError ALREADY_EXISTS for another one; CONFIG_INVALID for what is none
   */
  register(definition: AnyCredential): void {
    if (typeof (definition as AnyCredential | undefined)?.type !== 'string') {
      throw new CredentialError(
        'CONFIG_INVALID',
        `This is not a credential type but ${definition === undefined ? 'undefined: check its import' : 'something else'}; ` +
          'pass what defineCredential returned, several one by one',
      )
    }
    const known = this.#definitions.get(definition.type)
    if (known !== undefined && known !== definition) {
      throw new CredentialError(
        'ALREADY_EXISTS',
        `Another credential type "${definition.type}" is registered already`,
      )
    }
    this.#definitions.set(definition.type, definition)
  }

  /** @throws CredentialError CONFIG_INVALID when the type is unknown */
  get(type: string): AnyCredential {
    const definition = this.#definitions.get(type)
    if (definition === undefined) {
      throw new CredentialError(
        'CONFIG_INVALID',
        `No credential type "${type}" is registered; install its package and pass it to withCredentials`,
      )
    }
    return definition
  }
}
