import { credentialKey, MemoryBackend, MemoryOutbox, type OutboxEntry } from '@nebula-credential/core'
import type { OutboxHarness } from '../../src/index.ts'
import type { Mutant } from './mutant.ts'

function mutant(
  name: string,
  caughtBy: string,
  make: (backend: MemoryBackend) => MemoryOutbox,
): Mutant<OutboxHarness> {
  const open = async () => {
    const backend = new MemoryBackend()
    return { first: make(backend), second: make(backend) }
  }
  return { name, caughtBy, open }
}

export const outboxMutants: readonly Mutant<OutboxHarness>[] = [
  mutant(
    'remove forgets all attempts',
    'remove forgets one attempt only',
    backend =>
      new (class extends MemoryOutbox {
        override async remove(tenantId: string, id: string) {
          backend.outbox.delete(credentialKey(tenantId, id))
        }
      })(backend),
  ),
  mutant(
    'remove does nothing',
    'remove forgets one attempt only',
    backend =>
      new (class extends MemoryOutbox {
        override async remove() {}
      })(backend),
  ),
  mutant(
    'the first entry of an attempt stays',
    'putting the same attempt again replaces it',
    backend =>
      new (class extends MemoryOutbox {
        override async put(entry: OutboxEntry) {
          const entries = await this.list(entry.tenantId, entry.id)
          if (!entries.some(known => known.attemptId === entry.attemptId)) await super.put(entry)
        }
      })(backend),
  ),
  mutant(
    'only the newest attempt is kept',
    'entries come oldest first, whatever order they were put in',
    backend =>
      new (class extends MemoryOutbox {
        override async put(entry: OutboxEntry) {
          backend.outbox.delete(credentialKey(entry.tenantId, entry.id))
          await super.put(entry)
        }
      })(backend),
  ),
  mutant(
    'the newest entry comes first',
    'entries come oldest first, whatever order they were put in',
    backend =>
      new (class extends MemoryOutbox {
        override async list(tenantId: string, id: string) {
          return (await super.list(tenantId, id)).toReversed()
        }
      })(backend),
  ),
  mutant(
    'the tenant is ignored',
    'credentials, tenants and attempts of any name are told apart',
    backend =>
      new (class extends MemoryOutbox {
        override async list(_tenantId: string, id: string) {
          return [...backend.outbox.values()]
            .flatMap(entries => [...entries.values()])
            .filter(entry => entry.id === id)
        }
      })(backend),
  ),
  mutant(
    'entries are aliased',
    'changing what was put or listed changes nothing that is kept',
    backend =>
      new (class extends MemoryOutbox {
        override async put(entry: OutboxEntry) {
          await super.put(entry)
          backend.outbox.get(credentialKey(entry.tenantId, entry.id))?.set(entry.attemptId, entry)
        }
      })(backend),
  ),
  mutant(
    'entries die with the instance',
    'an acknowledged entry outlives the instance that put it',
    backend =>
      new (class extends MemoryOutbox {
        override async close() {
          backend.outbox.clear()
          await super.close()
        }
      })(backend),
  ),
]
