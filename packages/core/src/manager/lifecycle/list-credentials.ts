import type { Account } from '../../credential/credential.ts'
import { isCredentialError } from '../../errors.ts'
import type { RecordSummary } from '../../record/credential-record.ts'
import { scopeAllows } from '../../record/scope.ts'
import { Ephemeral } from '../../secret/ephemeral.ts'
import type { ListFilter } from '../../storage/state-store.ts'
import { openRecord } from '../record/open-record.ts'
import { isFlowRecord } from '../record/pending-flow.ts'
import { auditEvent, type BoundContext, type Runtime } from '../runtime.ts'
import { countOperation } from '../token/keep-token.ts'
import { type CredentialSummary, summarize } from './describe-credential.ts'

export interface ListOptions extends Omit<ListFilter, 'tenantId'> {
  /** At most this many: 1 to 1,000. Default 100. */
  readonly limit?: number | undefined
  /** Where the previous page ended. */
  readonly cursor?: string | undefined
  /** Whether to tell whose account each is. That is sealed, so every credential of the page is opened. Default false. */
  readonly accounts?: boolean | undefined
}

export interface ListedCredential extends CredentialSummary {
  /** Whose account it is, where that was asked for and is known. Personal data. */
  readonly account?: Account | undefined
}

export interface CredentialPage {
  readonly credentials: readonly ListedCredential[]
  /** Where the next page starts; undefined at the end. A page may be shorter than its limit and yet not the last. */
  readonly cursor?: string | undefined
}

const maxStorePages = 10

/** One page of the credentials that a context may use. @throws CredentialError INPUT_INVALID for a malformed cursor */
export async function listCredentials(
  runtime: Runtime,
  context: BoundContext,
  options: ListOptions = {},
): Promise<CredentialPage> {
  const { limit = 100, cursor: from, accounts = false, ...filter } = options
  const visible: RecordSummary[] = []
  let cursor = from
  // Bounded, so that a context that may see nothing of a large tenant cannot read all of it in one call.
  for (let round = 0; round < maxStorePages; round++) {
    const page = await runtime.store.list(
      { ...filter, tenantId: context.tenantId },
      { limit: limit - visible.length, cursor },
    )
    const inScope = page.records.filter(record => scopeAllows(record.scope, record.shares, context))
    visible.push(...inScope.filter(record => !isFlowRecord(record)))
    cursor = page.cursor
    if (cursor === undefined || visible.length >= limit) break
  }
  countOperation(runtime, context, 'credential.list')
  const page = toPage(runtime, visible, cursor)
  if (!accounts) return page
  return {
    ...page,
    credentials: await Promise.all(page.credentials.map(listed => withAccount(runtime, context, listed))),
  }
}

/** One that is gone meanwhile, out of scope or damaged is listed as it was: only its account is left out. */
async function withAccount(
  runtime: Runtime,
  context: BoundContext,
  listed: CredentialSummary,
): Promise<ListedCredential> {
  const record = await runtime.store.get(context.tenantId, listed.id)
  if (record?.id !== listed.id || !scopeAllows(record.scope, record.shares, context)) return listed
  try {
    const { account, state } = await openRecord(runtime, context, record, 'credential.list')
    using _state = new Ephemeral(state)
    return { ...listed, ...(account && { account }) }
  } catch (error) {
    if (isCredentialError(error)) return listed
    throw error
  }
}

/** One page over all tenants, for operators. */
export async function listAllCredentials(
  runtime: Runtime,
  actor: BoundContext,
  options: Omit<ListOptions, 'accounts'> & Pick<ListFilter, 'tenantId'> = {},
): Promise<CredentialPage> {
  const { limit = 100, cursor, ...filter } = options
  await runtime.audit.write(auditEvent(runtime, actor, { action: 'operator.list', outcome: 'success' }))
  const page = await runtime.store.list(filter, { limit, cursor })
  const connections = page.records.filter(record => !isFlowRecord(record))
  return toPage(runtime, connections, page.cursor)
}

function toPage(
  runtime: Runtime,
  records: readonly RecordSummary[],
  cursor: string | undefined,
): CredentialPage {
  const now = runtime.clock.now()
  return {
    credentials: records.map(record => summarize(record, now)),
    ...(cursor !== undefined && { cursor }),
  }
}
