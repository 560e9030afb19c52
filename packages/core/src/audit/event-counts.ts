import type { AuditEvent } from './audit-event.ts'

/** An event that stands for many like it; the instant and the number are added when it is written. */
export type CountedEvent = Omit<AuditEvent, 'at' | 'count'>

interface Counted {
  readonly event: CountedEvent
  count: number
}

/** Adds up events that are alike in every field, until they are taken. */
export class EventCounts {
  #counts = new Map<string, Counted>()
  // What was last counted for a credential is most often what is counted next; comparing costs less than naming.
  #latest = new Map<string | undefined, Counted>()

  get size(): number {
    return this.#counts.size
  }

  add(event: CountedEvent, count: number): void {
    const latest = this.#latest.get(event.credentialId)
    const counted = latest !== undefined && areAlike(latest.event, event) ? latest : this.#find(event)
    counted.count += count
  }

  /** All counts so far; counting starts anew. */
  take(): Readonly<Counted>[] {
    const taken = [...this.#counts.values()]
    this.#counts = new Map()
    this.#latest = new Map()
    return taken
  }

  #find(event: CountedEvent): Counted {
    const name = nameOf(event)
    const counted = this.#counts.get(name) ?? { event, count: 0 }
    this.#counts.set(name, counted)
    this.#latest.set(event.credentialId, counted)
    return counted
  }
}

type PlainField = Exclude<keyof CountedEvent, 'context'>

// Every field, or events that differ would be added up as one.
const plainFields = Object.keys({
  action: true,
  outcome: true,
  tenantId: true,
  actor: true,
  credentialId: true,
  credentialType: true,
  generation: true,
  code: true,
  reason: true,
  usedBy: true,
} satisfies Record<PlainField, true>) as PlainField[]

function nameOf(event: CountedEvent): string {
  const { workflowId, userId, tags } = event.context ?? {}
  return JSON.stringify([...plainFields.map(field => event[field]), workflowId, userId, tags])
}

function areAlike(one: CountedEvent, other: CountedEvent): boolean {
  for (const field of plainFields) if (one[field] !== other[field]) return false
  return one.context === other.context || contextsAreAlike(one.context ?? {}, other.context ?? {})
}

function contextsAreAlike(
  one: NonNullable<CountedEvent['context']>,
  other: NonNullable<CountedEvent['context']>,
): boolean {
  return (
    one.workflowId === other.workflowId &&
    one.userId === other.userId &&
    one.tags?.length === other.tags?.length &&
    (one.tags?.every((tag, at) => tag === other.tags?.[at]) ?? true)
  )
}
