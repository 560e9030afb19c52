import type { AuditEvent } from './audit-event.ts'

/** An event that stands for many like it; the instant and the number are added when it is written. */
export type CountedEvent = Omit<AuditEvent, 'at' | 'count'>

/** Adds up events that are alike in every field, until they are taken. */
export class EventCounts {
  #counts = new Map<string, { readonly event: CountedEvent; count: number }>()

  get size(): number {
    return this.#counts.size
  }

  add(event: CountedEvent, count: number): void {
    const name = nameOf(event)
    const counted = this.#counts.get(name)
    if (counted === undefined) this.#counts.set(name, { event, count })
    else counted.count += count
  }

  /** All counts so far; counting starts anew. */
  take(): { readonly event: CountedEvent; readonly count: number }[] {
    const taken = [...this.#counts.values()]
    this.#counts = new Map()
    return taken
  }
}

function nameOf(event: CountedEvent): string {
  const { context } = event
  return JSON.stringify([
    event.action,
    event.outcome,
    event.tenantId,
    event.actor,
    context?.workflowId,
    context?.userId,
    context?.tags,
    event.credentialId,
    event.credentialType,
    event.generation,
    event.code,
    event.reason,
  ])
}
