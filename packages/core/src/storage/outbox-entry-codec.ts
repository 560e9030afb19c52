import { z } from 'zod'
import type { OutboxEntry } from './outbox.ts'

const schema = z.object({
  format: z.literal(1),
  tenantId: z.string(),
  id: z.string(),
  attemptId: z.string(),
  generation: z.int(),
  createdAt: z.number(),
  sealed: z.base64(),
})

/** An outbox entry as JSON text. */
export function encodeOutboxEntry(entry: OutboxEntry): string {
  const { tenantId, id, attemptId, generation, createdAt } = entry
  const sealed = Buffer.from(entry.sealed).toString('base64')
  return JSON.stringify({ format: 1, tenantId, id, attemptId, generation, createdAt, sealed })
}

/** The entry of a text, or undefined where the text is damaged. */
export function decodeOutboxEntry(text: string): OutboxEntry | undefined {
  const parsed = schema.safeParse(parseJson(text))
  if (!parsed.success) return undefined
  const { format: _format, sealed, ...entry } = parsed.data
  return { ...entry, sealed: new Uint8Array(Buffer.from(sealed, 'base64')) }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
