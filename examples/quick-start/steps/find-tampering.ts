import type { RecordedEvent } from '@nebula-credential/core'
import { backends } from '../backend/backends.ts'
import { expect } from '../expectation.ts'
import { openManager } from '../open-manager.ts'
import type { World } from '../world.ts'

export async function findTampering(world: World, { chain, sequence }: RecordedEvent): Promise<void> {
  const { manager, place, terminal } = world
  terminal.step('Tamper with the audit')
  const report = await manager.operator('quick-start').verifyAudit()
  expect(report.intact, `The untouched audit has ${report.findingCount} findings.`)
  terminal.saw(
    `verifyAudit of the store: intact, ${report.entries} entries in ${report.chains.length} chains`,
  )

  const edit = { chain, sequence, from: '"denied"', to: '"success"' }
  const copy = await backends[place.backend].copyWithEditedEvent(place.location, edit)
  terminal.did(
    `in a copy, ${copy.description}: made "denied" into "success" in chain ${chain}, sequence ${sequence}`,
  )
  await using copied = await openManager({ ...place, location: copy })
  const { findings } = await copied.operator('quick-start').verifyAudit()
  const [finding] = findings
  expect(
    findings.length === 1 && finding?.chain === chain && finding.sequence === sequence,
    `verifyAudit of the copy named ${findings.length} entries, and not just the one that was edited.`,
  )
  terminal.saw(
    `verifyAudit of the copy: ${finding.kind}, chain ${finding.chain}, sequence ${finding.sequence} (${finding.detail})`,
  )
}
