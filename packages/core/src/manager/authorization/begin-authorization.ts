import { z } from 'zod'
import type { AnyInteractive, BegunInteraction, Interaction } from '../../credential/credential.ts'
import type { ProviderFailure } from '../../credential/provider-failure.ts'
import { CredentialError } from '../../errors.ts'
import type { CredentialRecord } from '../../record/credential-record.ts'
import { type CredentialId, newCredentialId } from '../../record/ids.ts'
import { assertTransition } from '../../record/lifecycle.ts'
import { disposeSecrets, Ephemeral } from '../../secret/ephemeral.ts'
import { callProvider } from '../call-provider.ts'
import { type CreateOptions, createAudited, describedRecord } from '../lifecycle/create-credential.ts'
import { initializationError } from '../lifecycle/initialize-state.ts'
import { parseInput } from '../parse-input.ts'
import { loadVisible } from '../record/open-record.ts'
import {
  askerOf,
  digestOf,
  flowRecordName,
  newSecret,
  newState,
  type PendingFlow,
} from '../record/pending-flow.ts'
import type { BoundContext, Runtime } from '../runtime.ts'
import { removeEndedFlows } from './remove-ended-flows.ts'

export interface AuthorizationOptions<Token = unknown, Given = unknown> extends CreateOptions {
  /** Connects this credential again instead of making a new one: it keeps its id, name, labels, scope and shares. */
  readonly reconnect?: CredentialId<Token, Given> | undefined
  /** Whether a reconnect may come back with another account than the credential had. Default false. */
  readonly allowDifferentAccount?: boolean | undefined
}

/** A connection that a person has yet to complete. JSON, apart from what the program shows; both secrets are secret. */
export interface Authorization<Token = unknown, Given = unknown> {
  /** What the person has to do. */
  readonly interaction: Interaction
  /** Names the flow; the callback brings it back. */
  readonly state: string
  /** What the person's browser must keep, in a cookie that is `HttpOnly` and `Secure`, and bring to the callback. */
  readonly browserBinding: string
  /** Epoch ms. */
  readonly expiresAt: number
  /** The credential that there will be; until then it yields no token. */
  readonly credentialId: CredentialId<Token, Given>
}

/**
 * Begins a connection that needs a person, and keeps what is needed to complete it, encrypted, in the store.
 *
 * @throws CredentialError INPUT_INVALID, NOT_SUPPORTED for a type without an interaction, PROVIDER_REJECTED,
 * PROVIDER_UNAVAILABLE, STORAGE_UNAVAILABLE; for a reconnect also CREDENTIAL_NOT_FOUND, TYPE_MISMATCH and
 * ILLEGAL_TRANSITION when the credential is revoked
 */
export async function beginAuthorization(
  runtime: Runtime,
  context: BoundContext,
  definition: AnyInteractive,
  input: unknown,
  options: AuthorizationOptions = {},
): Promise<Authorization> {
  assertInteractive(definition)
  const id = newCredentialId(definition.type)
  const target = await reconnected(runtime, context, definition, options)
  const described = {
    id,
    ...describedRecord(context, definition, options),
    ...(target && { name: flowRecordName, labels: {}, scope: target.scope, shares: target.shares }),
  }
  const state = newState(id)
  const browserBinding = newSecret()
  const begun = await begin(runtime, definition, described, input, state)
  const expiresAt = begun.expiresAt ?? runtime.clock.now() + runtime.policy.flowLifetimeMs
  const record = await pendingRecord(runtime, definition, described, {
    stateDigest: digestOf(state),
    bindingDigest: digestOf(browserBinding),
    expiresAt,
    context: askerOf(context),
    ...(target && {
      reconnects: { id: target.id, allowDifferentAccount: options.allowDifferentAccount ?? false },
    }),
    payload: begun.payload,
  })
  await createAudited(runtime, context, 'flow.begin', record)
  runtime.background.run(() => removeEndedFlows(runtime, context.tenantId))
  return {
    interaction: begun.interaction,
    state,
    browserBinding,
    expiresAt,
    credentialId: target?.id ?? id,
  }
}

/** @throws CredentialError NOT_SUPPORTED */
export function assertInteractive(definition: Partial<AnyInteractive> & { readonly type: string }): void {
  if (definition.interactive !== undefined) return
  throw new CredentialError(
    'NOT_SUPPORTED',
    `A credential of type "${definition.type}" needs no person; make it with createCredential`,
  )
}

async function reconnected(
  runtime: Runtime,
  context: BoundContext,
  definition: AnyInteractive,
  { reconnect }: AuthorizationOptions,
): Promise<CredentialRecord | undefined> {
  if (reconnect === undefined) return undefined
  definition.id(reconnect)
  const target = await loadVisible(runtime, context, reconnect, 'flow.begin')
  assertTransition(target.status, 'active', target.id)
  return target
}

async function begin(
  runtime: Runtime,
  definition: AnyInteractive,
  subject: Pick<CredentialRecord, 'id' | 'scope'>,
  input: unknown,
  state: string,
): Promise<Omit<BegunInteraction<unknown>, 'flow'> & { readonly payload: unknown }> {
  const { interactive } = definition
  const parsed = await parseInput(definition, input)
  const { callerWaitMs } = runtime.policy
  try {
    const { flow, ...begun } = await callProvider(runtime, subject, callerWaitMs, 'transient', environment =>
      interactive.begin(parsed, { state }, environment),
    ).catch((failure: ProviderFailure) => {
      throw initializationError(definition, failure)
    })
    using _flow = new Ephemeral(flow)
    return { ...begun, payload: z.encode(interactive.flow, flow) }
  } finally {
    disposeSecrets(parsed)
  }
}

async function pendingRecord(
  runtime: Runtime,
  { type, stateVersion }: AnyInteractive,
  described: Pick<CredentialRecord, 'id' | 'scope' | 'shares' | 'name' | 'labels'>,
  flow: PendingFlow,
): Promise<CredentialRecord> {
  const now = runtime.clock.now()
  const unsealed = {
    ...described,
    type,
    status: 'pending' as const,
    stateVersion,
    generation: 1,
    version: 1,
    dueAt: flow.expiresAt,
    createdAt: now,
    updatedAt: now,
  }
  return { ...unsealed, state: await runtime.sealer.seal(unsealed, { state: undefined, flow }) }
}
