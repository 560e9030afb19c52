import { setTimeout as sleep } from 'node:timers/promises'
import type { BearerToken, CredentialId } from '@nebula-credential/core'
import { expect } from './expectation.ts'
import type { World } from './world.ts'

// The server counts in whole seconds.
const serverSlackMs = 1_100

/** Waits until the stored token of a credential has ended. */
export async function untilExpired({ acme, terminal }: World, id: CredentialId<BearerToken>): Promise<void> {
  const { expiresAt = 0, name } = await acme.describe(id)
  const waitMs = Math.max(0, expiresAt + serverSlackMs - Date.now())
  terminal.did(`waiting ${(waitMs / 1000).toFixed(1)} s for the token of "${name}" to expire`)
  await sleep(waitMs)
  const { lifecycle } = await acme.describe(id)
  expect(lifecycle === 'Expired', `The credential "${name}" is ${lifecycle} instead of Expired.`)
}
