import { CredentialError } from '../errors.ts'
import { chainOf, chainPrefix } from './audit-chain.ts'
import type { AuditAction } from './audit-event.ts'
import type { AuditKeys } from './audit-keys.ts'
import type { AuditSink, ChainHead } from './audit-sink.ts'
import { ChainCheck, chainEntries } from './chain-check.ts'
import { chainHeads } from './chain-heads.ts'
import type { RecordedEvent } from './event-text.ts'

export interface ReadAuditOptions {
  readonly sink: AuditSink
  readonly keys: AuditKeys
  readonly tenantId: string
  /** Only the events of this credential. */
  readonly credentialId?: string | undefined
}

/** The newest generation of a credential that the audit tells of. */
export interface AuditedGeneration {
  readonly credentialId: string
  readonly generation: number
  /** Whether the credential was deleted since. */
  readonly isDeleted: boolean
}

/**
 * The events of a tenant, chain by chain, each chain in order; those of one credential stand in one chain. Every
 * entry is verified before it is given out.
 * @throws CredentialError AUDIT_BROKEN naming chain and sequence; STORAGE_UNAVAILABLE
 */
export async function* readAudit(options: ReadAuditOptions): AsyncGenerator<RecordedEvent> {
  const { credentialId } = options
  for await (const head of headsOf(options)) {
    for await (const recorded of readChain(options, head)) {
      if (credentialId === undefined || recorded.event.credentialId === credentialId) yield recorded
    }
  }
}

const changes: ReadonlySet<AuditAction> = new Set([
  'credential.update',
  'credential.rotate',
  'credential.revoke',
])

/**
 * The newest generation of each credential of a tenant, to be compared with the store: a record whose generation is
 * lower was rolled back. Holds the credentials of one chain, a sixteenth of the tenant's, in memory at a time.
 * @throws CredentialError AUDIT_BROKEN; STORAGE_UNAVAILABLE
 */
export async function* auditedGenerations(
  options: Omit<ReadAuditOptions, 'credentialId'>,
): AsyncGenerator<AuditedGeneration> {
  for await (const head of headsOf(options)) {
    const newest = new Map<string, AuditedGeneration>()
    for await (const { event } of readChain(options, head)) {
      const { credentialId, action, outcome } = event
      if (credentialId === undefined || event.generation === undefined) continue
      const before = newest.get(credentialId)
      // A change is audited before it is made; where it then failed, an event tells the generation that remains.
      const failed = outcome === 'failure' && changes.has(action)
      if (failed ? before === undefined : outcome !== 'success') continue
      const pick = failed ? Math.min : Math.max
      const generation = pick(event.generation, before?.generation ?? 0)
      const isDeleted = (action === 'credential.delete' && !failed) || before?.isDeleted === true
      newest.set(credentialId, { credentialId, generation, isDeleted })
    }
    yield* newest.values()
  }
}

async function* headsOf(options: ReadAuditOptions): AsyncGenerator<ChainHead> {
  const { sink, tenantId, credentialId } = options
  if (credentialId === undefined) {
    yield* chainHeads(sink, chainPrefix(tenantId))
    return
  }
  const head = await sink.head(chainOf(tenantId, credentialId, ''))
  if (head !== undefined) yield head
}

async function* readChain({ sink, keys }: ReadAuditOptions, head: ChainHead): AsyncGenerator<RecordedEvent> {
  const check = new ChainCheck(head.chain, keys, [head])
  for await (const entry of chainEntries(sink, head.chain, head.sequence)) {
    const { event, findings } = check.check(entry)
    const finding = findings[0]
    if (finding !== undefined) throw broken(head.chain, finding.sequence, finding.detail)
    if (event !== undefined) yield event
  }
  if (check.lastSequence < head.sequence) {
    throw broken(head.chain, check.lastSequence + 1, 'it is missing at the end')
  }
}

function broken(chain: string, sequence: number, detail: string): CredentialError {
  return new CredentialError(
    'AUDIT_BROKEN',
    `Entry ${sequence} of the audit chain ${JSON.stringify(chain)} cannot be believed: ${detail}. ` +
      'Verify the audit to see all that is wrong',
  )
}
