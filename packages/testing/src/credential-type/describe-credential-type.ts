import type { AccessToken, Credential } from '@nebula-credential/core'
import type { ContractSuite } from '../contract-suite.ts'
import { describeSuite } from '../describe-suite.ts'
import type { CredentialTypeHarness } from './credential-type-harness.ts'
import { schemaCases } from './schema-cases.ts'
import { capabilityCases, tokenCases } from './token-cases.ts'

/** What a credential type must do, as data. */
export const credentialTypeSuite: ContractSuite<CredentialTypeHarness> = {
  port: 'credential type',
  groups: [schemaCases, tokenCases, capabilityCases],
}

/** What describeCredentialType takes besides the definition. */
export type CredentialTypeSample<Given, Input, State, Token extends AccessToken> = Omit<
  CredentialTypeHarness<Given, Input, State, Token>,
  'definition'
>

/**
 * Registers the tests of a credential type.
 *
 * @example
 * describeCredentialType(chatBot, { input: { botToken: '7:sentinel' }, sentinels: ['7:sentinel'] })
 */
export function describeCredentialType<Given, Input, State, Token extends AccessToken>(
  definition: Credential<Given, Input, State, Token>,
  sample: CredentialTypeSample<Given, Input, State, Token>,
): void {
  // The cases treat input, state and token as opaque, which the type parameters do not say.
  const harness = { ...sample, definition } as unknown as CredentialTypeHarness
  describeSuite(definition.type, credentialTypeSuite, async () => harness)
}
