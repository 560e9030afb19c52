import { isCredentialError, type RecordedEvent } from '@nebula-credential/core'
import { expect, UnexpectedResult } from '../expectation.ts'
import type { Credentials, World } from '../world.ts'

/** Returns the audit entry of the attempt. */
export async function tryAnotherTenant(
  { manager, terminal }: World,
  ids: Credentials,
): Promise<RecordedEvent> {
  terminal.step("Let another tenant try acme's credential")
  const globex = manager.as({ tenantId: 'globex', actor: 'mallory' })
  terminal.did('getToken as tenant globex, actor mallory')
  const error = await globex.getToken(ids.grant).catch((reason: unknown) => reason)
  expect(
    isCredentialError(error, 'CREDENTIAL_NOT_FOUND'),
    'Another tenant got something else than "not found".',
  )
  terminal.saw(`${error.code}: ${error.message}`)

  for await (const recorded of manager.operator('quick-start').readAudit({ tenantId: 'globex' })) {
    const { event, chain, sequence } = recorded
    if (event.outcome !== 'denied' || event.credentialId !== ids.grant) continue
    terminal.saw(
      `the audit has it: ${event.action} ${event.outcome}, by ${event.actor}, chain ${chain}, sequence ${sequence}`,
    )
    return recorded
  }
  throw new UnexpectedResult('The attempt of another tenant is not in the audit.')
}
