import { FakeClock } from '@nebula-credential/testing'
import { expect, onTestFinished } from 'vitest'
import {
  type AuditEvent,
  type Authorization,
  type Context,
  type CredentialError,
  CredentialManager,
  MemoryBackend,
  MemoryStateStore,
  type StateStore,
} from '../src/index.ts'
import { ConsentServer, connectionOf } from './consent-server.ts'
import { testKey } from './managers.ts'

export const ada = { tenantId: 'acme', userId: 'ada', actor: 'web' }

/** A consent server, a store, and any number of managers on them, as so many processes would be. */
export class ConsentStage {
  readonly clock = new FakeClock()
  readonly backend = new MemoryBackend({ clock: this.clock })
  readonly server = new ConsentServer()
  readonly type = connectionOf(this.server)
  readonly managers: CredentialManager[] = []

  async manager(store: StateStore = new MemoryStateStore(this.backend)): Promise<CredentialManager> {
    const manager = await CredentialManager.builder()
      .withStorage(store)
      .withEncryption(testKey)
      .withCredentials(this.type)
      .withClock(this.clock)
      .build()
    this.managers.push(manager)
    onTestFinished(async () => {
      const closed = manager.close()
      await this.clock.advance(60_000)
      await closed
    })
    return manager
  }

  async view(context: Context = ada) {
    return (await this.manager()).as(context)
  }

  async events(tenantId = 'acme') {
    for (const manager of this.managers) await manager.operator('ops').verifyAudit()
    const operator = (await this.manager()).operator('ops')
    const events: AuditEvent[] = []
    for await (const { event } of operator.readAudit({ tenantId })) events.push(event as AuditEvent)
    return events.filter(({ action }) => action.startsWith('flow.'))
  }
}

/** What the browser brings back when the person has consented. */
export const callbackOf = ({ state }: Authorization, more: Record<string, string> = {}) =>
  `/callback?${new URLSearchParams({ code: 'c1', state, ...more })}`

export async function rejection(pending: Promise<unknown>): Promise<CredentialError> {
  return pending.then(
    () => expect.unreachable('it should have been rejected'),
    (error: CredentialError) => error,
  )
}
