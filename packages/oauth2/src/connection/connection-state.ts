import { secret } from '@nebula-credential/core'
import { z } from 'zod'
import { grantState } from '../credential/grant-state.ts'
import { pendingRedirect } from '../flow/authorization-request.ts'
import { pendingDevice } from '../flow/device-request.ts'
import { flowInput } from '../flow/flow-input.ts'

/** What is kept of a connection. Its scope is not: a refresh asks for all that was granted. */
export const connectionState = z.object({
  ...grantState.shape,
  /** What was asked for; the tokens tell what was granted. */
  asked: z.string().optional(),
  details: z.record(z.string(), z.string()).optional(),
  dpopKey: secret().optional(),
})
export type ConnectionState = z.output<typeof connectionState>

/** What is kept of a connection that a person has yet to complete. */
export const connectionFlow = z.object({
  config: flowInput,
  pending: z.discriminatedUnion('kind', [pendingRedirect, pendingDevice]),
})
export type ConnectionFlow = z.output<typeof connectionFlow>
