import { setTimeout as sleep } from 'node:timers/promises'
import type { BearerToken, CredentialId } from '@nebula-credential/core'
import { expect } from './expectation.ts'
import type { World } from './world.ts'

// The server counts in whole seconds.
const serverSlackMs = 1_100
// A token that was read when it was due is refreshed behind its reader, and then there is another one to wait for.
const mostWaits = 3

/** Waits until the stored token of a credential has ended. */
export async function untilExpired({ acme, terminal }: World, id: CredentialId<BearerToken>): Promise<void> {
  let { expiresAt = 0, lifecycle, name } = await acme.describe(id)
  for (let waits = 0; waits === 0 || lifecycle !== 'Expired'; waits++) {
    expect(waits < mostWaits, `The credential "${name}" is ${lifecycle} instead of Expired.`)
    const waitMs = Math.max(0, expiresAt + serverSlackMs - Date.now())
    terminal.did(`waiting ${(waitMs / 1000).toFixed(1)} s for the token of "${name}" to expire`)
    await sleep(waitMs)
    ;({ expiresAt = 0, lifecycle } = await acme.describe(id))
  }
}
