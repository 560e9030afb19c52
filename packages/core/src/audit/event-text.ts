import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import type { AuditAction, AuditEvent } from './audit-event.ts'

/** An event as it stands in the audit. */
export interface RecordedEvent {
  readonly chain: string
  readonly sequence: number
  /** Unique per event: two events that are alike in all else stay two. */
  readonly eventId: string
  readonly event: AuditEvent
}

/** The JSON of an event under an id of its own. */
export function encodeEvent(event: AuditEvent): string {
  return JSON.stringify({ ...event, eventId: randomUUID() })
}

const name = z.string().optional()
const eventSchema = z.object({
  eventId: z.string(),
  at: z.number(),
  action: z.string().transform(action => action as AuditAction),
  outcome: z.enum(['success', 'failure', 'denied', 'violation', 'dropped']),
  tenantId: z.string(),
  actor: z.string(),
  context: z.object({ workflowId: name, userId: name, tags: z.array(z.string()).optional() }).optional(),
  credentialId: name,
  credentialType: name,
  generation: z.number().optional(),
  code: name,
  reason: name,
  usedBy: name,
  count: z.number().optional(),
})

/** The event of a JSON text, or undefined when it is none. Fields of newer releases are left out. */
export function decodeEvent(text: string): { eventId: string; event: AuditEvent } | undefined {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return undefined
  }
  const parsed = eventSchema.safeParse(json)
  if (!parsed.success) return undefined
  const { eventId, ...event } = parsed.data
  return { eventId, event }
}
