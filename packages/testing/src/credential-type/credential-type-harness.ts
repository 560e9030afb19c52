import type { AccessToken, Credential, CredentialEnvironment } from '@nebula-credential/core'
import type { Harness } from '../contract-suite.ts'

/** One credential type with all that is needed to try it out. */
export interface CredentialTypeHarness<
  Given = unknown,
  Input = unknown,
  State = unknown,
  Token extends AccessToken = AccessToken,
> extends Harness {
  readonly definition: Credential<Given, Input, State, Token>
  /** A valid input. */
  readonly input: Given
  /** The secrets in `input`, and those that the service hands out in exchange: looked for wherever they must not be. */
  readonly sentinels: readonly string[]
  /** Inputs that must be refused, by what is wrong with them. Plant sentinels in them. */
  readonly invalidInputs?: Readonly<Record<string, unknown>> | undefined
  /** The service, or a fetch that stands for it. Without it, cases that would call the service are skipped. */
  readonly fetch?: CredentialEnvironment['fetch']
  /**
   * A state of the sample, for types whose creation needs a person: begin and complete an interaction. Default: what
   * `initialize` makes of the input; for those types, cases that need a state are then skipped.
   */
  readonly makeState?: ((environment: CredentialEnvironment) => State | Promise<State>) | undefined
  /** A state that cannot be refreshed, where `refresh.supported` can be false. */
  readonly unsupportedState?: State | undefined
}
