import { isCredentialError } from '@nebula-credential/core'
import { acme } from '../../packages/core/test/crash/sqlite-world.ts'
import type { Family } from '../../packages/core/test/crash/strict-token-server.ts'
import type { AccountId } from './lab.ts'
import { patiently } from './patiently.ts'
import type { Tally } from './tally.ts'
import type { WorldManager } from './world.ts'

export type Promised =
  /** A token that the provider accepts, no `invalid_grant`, and the grant goes on. */
  | 'token'
  /** The one unavoidable loss: REAUTHORIZATION_REQUIRED, cause `rotation_lost`, after a single `invalid_grant`. */
  | 'rotation_lost'

/** What a caller of another process gets, who tries again as long as it is told that it may, and what was promised. */
export async function recover(
  tally: Tally,
  manager: WorldManager,
  { id, family }: { readonly id: AccountId; readonly family: Family },
  how: string,
  promised: Promised = 'token',
): Promise<void> {
  const startedAt = performance.now()
  const seen = await takeOver(tally, manager, id, family, startedAt)
  if (seen === 'rotation_lost') tally.lostGrant(promised === seen)
  tally.expect(seen === promised, `${how}: ${seen}, not ${promised}`)
  const refused = promised === 'rotation_lost' ? 1 : 0
  tally.expect(family.refused === refused, `${how}: ${family.refused} invalid_grant, not ${refused}`)
}

async function takeOver(
  tally: Tally,
  manager: WorldManager,
  id: AccountId,
  family: Family,
  startedAt: number,
): Promise<string> {
  const view = manager.as(acme)
  try {
    const token = await patiently(() => view.getToken(id))
    tally.recovered(performance.now() - startedAt)
    if (!family.accepts(token.value.expose())) {
      tally.wrongToken(1, 'to another process')
      return 'a wrong token'
    }
    const { granted } = family
    // The first may be satisfied by what it finds in the outbox.
    for (let tries = 0; tries < 3 && family.granted === granted; tries++) {
      await patiently(() => view.refreshCredential(id))
    }
    if (family.granted === granted) return 'a grant that does not go on'
    tally.proof()
    return 'token'
  } catch (error) {
    tally.recovered(performance.now() - startedAt)
    if (!isCredentialError(error, 'REAUTHORIZATION_REQUIRED')) return String(error)
    return String((await view.describe(id)).failure?.cause)
  }
}
