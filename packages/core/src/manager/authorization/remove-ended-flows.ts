import { isCredentialError } from '../../errors.ts'
import type { RecordSummary } from '../../record/credential-record.ts'
import { isFlowRecord } from '../record/pending-flow.ts'
import type { Runtime } from '../runtime.ts'

const pageSize = 100

/** How long the record of a flow outlives it: so long is a callback told that it is late, and is not called a forgery. */
const keptMs = 3_600_000

/** Removes the records of flows that ended an hour ago, of one tenant or of all. Others may do so at the same time. */
export async function removeEndedFlows(runtime: Runtime, tenantId?: string): Promise<number> {
  let removed = 0
  for (const status of ['pending', 'authenticating', 'failed'] as const) {
    const filter = { tenantId, status, dueBefore: runtime.clock.now() - keptMs }
    const { records } = await runtime.store.list(filter, { limit: pageSize })
    for (const record of records.filter(isOver)) {
      if (await remove(runtime, record)) removed++
    }
  }
  return removed
}

// A connection that failed once it was made belongs to a person; a failed flow does not.
const isOver = (record: RecordSummary) => record.status !== 'failed' || isFlowRecord(record)

async function remove(runtime: Runtime, { scope, id, version }: RecordSummary): Promise<boolean> {
  try {
    await runtime.store.delete({ tenantId: scope.tenantId, id }, version)
    return true
  } catch (error) {
    if (isCredentialError(error, 'VERSION_CONFLICT')) return false
    throw error
  }
}
