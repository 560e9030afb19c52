import { createSecretKey } from 'node:crypto'
import type { AuditEvent } from '../audit-event.ts'
import { AuditKeys } from '../audit-keys.ts'
import type { AuditSink } from '../audit-sink.ts'
import { chainHeads } from '../chain-heads.ts'
import { decodeEvent } from '../event-text.ts'

/** Audit keys that are the same in every test: bytes repeated 32 times. */
export function testKeys(byte = 7, keyId = 'audit-test'): AuditKeys {
  return new AuditKeys(keyId, new Map([[keyId, createSecretKey(Buffer.alloc(32, byte))]]))
}

export function eventOf(overrides: Partial<AuditEvent> = {}): AuditEvent {
  return {
    at: 1,
    action: 'credential.update',
    outcome: 'success',
    tenantId: 'acme',
    actor: 'tester',
    credentialId: 'c1',
    ...overrides,
  }
}

/** All events in the sink, chain by chain, as they stand there. */
export async function eventsIn(sink: AuditSink): Promise<AuditEvent[]> {
  const events: AuditEvent[] = []
  for await (const { chain } of chainHeads(sink, '')) {
    for (const { event } of await sink.read(chain, 1, 100_000)) {
      const decoded = decodeEvent(event)
      if (decoded === undefined) throw new Error('An entry holds no event')
      events.push(decoded.event)
    }
  }
  return events
}
