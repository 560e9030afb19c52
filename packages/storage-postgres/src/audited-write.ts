import { type AuditAppend, assertNewRecord, type RecordChange } from '@nebula-credential/core'
import { appendValues } from './append-values.ts'
import { statements } from './generated/statements.ts'
import { encodeRecord } from './record-codec.ts'

/** One statement that makes a change and appends the audit entries that tell of it. */
export interface AuditedWrite {
  /** Its row says whether both were done, and whether the record was as the change expects it. */
  readonly text: string
  readonly values: readonly unknown[]
}

/** @throws CredentialError INPUT_INVALID */
export function auditedWrite(change: RecordChange, append: AuditAppend): AuditedWrite {
  const { begin, extend } = texts[change.method]
  const text = append.expectedSequence === 0 ? begin : extend
  return { text, values: [...appendValues(append), ...valuesOf(change)] }
}

const texts = {
  create: { begin: statements.beginChainAndCreateRecord, extend: statements.extendChainAndCreateRecord },
  replace: { begin: statements.beginChainAndReplaceRecord, extend: statements.extendChainAndReplaceRecord },
  delete: { begin: statements.beginChainAndDeleteRecord, extend: statements.extendChainAndDeleteRecord },
} as const

function valuesOf(change: RecordChange): readonly unknown[] {
  switch (change.method) {
    case 'create':
      assertNewRecord(change.record)
      return encodeRecord(change.record)
    case 'replace':
      return [...encodeRecord(change.record), change.record.version - 1]
    case 'delete':
      return [change.key.tenantId, change.key.id, change.expectedVersion]
  }
}
