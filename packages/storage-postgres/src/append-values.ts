import type { AuditAppend } from '@nebula-credential/core'

/**
 * An append as the parameters of its statements: chain, sequence and hash of the new head, the columns of the entries as
 * arrays, and the sequence that the head must have.
 */
export function appendValues({ chain, entries, expectedSequence }: AuditAppend): readonly unknown[] {
  const last = entries.at(-1)
  return [
    ...[chain, last?.sequence ?? 0, last?.hash ?? ''],
    entries.map(entry => entry.sequence),
    entries.map(entry => entry.previousHash),
    entries.map(entry => entry.hash),
    entries.map(entry => entry.keyId),
    entries.map(entry => entry.event),
    expectedSequence,
  ]
}
