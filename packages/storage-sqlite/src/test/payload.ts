import { createHash } from 'node:crypto'
import type { CredentialRecord } from '@nebula-credential/core'
import { sampleId, sampleRecord } from '@nebula-credential/testing'

/** The record of a number at a version: every byte of it follows from the two, so that a half-written one shows. */
export function versionOf(number: number, version: number): CredentialRecord {
  const digest = createHash('sha512').update(`${number}/${version}`).digest()
  // From a part of a page to several, so that writes touch overflow pages too.
  const state = new Uint8Array(
    Buffer.concat(Array.from({ length: 1 + ((number + version) % 150) }, () => digest)),
  )
  const mark = digest.toString('hex', 0, 8)
  const dueAt = version % 2 ? version : undefined
  return sampleRecord({
    ...{ id: sampleId(number), version, state, name: mark, labels: { mark }, updatedAt: version },
    ...(dueAt !== undefined && { dueAt }),
  })
}
