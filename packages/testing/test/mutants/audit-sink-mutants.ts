import { type AuditEntry, MemoryAuditBackend, MemoryAuditSink } from '@nebula-credential/core'
import type { AuditSinkHarness } from '../../src/index.ts'
import type { Mutant } from './mutant.ts'

function mutant(
  name: string,
  caughtBy: string,
  make: (backend: MemoryAuditBackend) => MemoryAuditSink,
): Mutant<AuditSinkHarness> {
  const open = async () => {
    const backend = new MemoryAuditBackend()
    return { first: make(backend), second: make(backend) }
  }
  return { name, caughtBy, open }
}

function push(backend: MemoryAuditBackend, chain: string, entries: readonly AuditEntry[]): void {
  backend.chains.set(chain, [...(backend.chains.get(chain) ?? []), ...entries])
}

export const auditSinkMutants: readonly Mutant<AuditSinkHarness>[] = [
  mutant(
    'append without CAS',
    'an append on another head is refused, and nothing of it is kept',
    backend =>
      new (class extends MemoryAuditSink {
        override async append(chain: string, entries: readonly AuditEntry[]) {
          push(backend, chain, entries)
        }
      })(backend),
  ),
  mutant(
    'append checks before it waits',
    'two instances that append as fast as they can make one chain without a gap',
    backend =>
      new (class extends MemoryAuditSink {
        override async append(chain: string, entries: readonly AuditEntry[], expected: number) {
          const matches = ((await this.head(chain))?.sequence ?? 0) === expected
          await Promise.resolve()
          if (!matches) return super.append(chain, entries, -1)
          push(backend, chain, entries)
        }
      })(backend),
  ),
  mutant(
    'a refused append keeps its first entry',
    'an append on another head is refused, and nothing of it is kept',
    backend =>
      new (class extends MemoryAuditSink {
        override async append(chain: string, entries: readonly AuditEntry[], expected: number) {
          await super.append(chain, entries, expected).catch(error => {
            push(backend, chain, entries.slice(0, 1))
            throw error
          })
        }
      })(backend),
  ),
  mutant(
    'only the first entry of a batch is appended',
    'appended entries and the head are seen by both instances, exactly as given',
    backend =>
      new (class extends MemoryAuditSink {
        override append(chain: string, entries: readonly AuditEntry[], expected: number) {
          return super.append(chain, entries.slice(0, 1), expected)
        }
      })(backend),
  ),
  mutant(
    'an event is parsed and written anew',
    'the event’s text comes back character by character',
    backend =>
      new (class extends MemoryAuditSink {
        override append(chain: string, entries: readonly AuditEntry[], expected: number) {
          const rewritten = entries.map(entry => ({
            ...entry,
            event: JSON.stringify(JSON.parse(entry.event)),
          }))
          return super.append(chain, rewritten, expected)
        }
      })(backend),
  ),
  mutant(
    'reading starts one entry late',
    'reads from a sequence on, in order, and no more than asked for',
    backend =>
      new (class extends MemoryAuditSink {
        override read(chain: string, from: number, limit: number) {
          return super.read(chain, from + 1, limit)
        }
      })(backend),
  ),
  mutant(
    'the limit of a read is ignored',
    'reads from a sequence on, in order, and no more than asked for',
    backend =>
      new (class extends MemoryAuditSink {
        override read(chain: string, from: number) {
          return super.read(chain, from, 1_000)
        }
      })(backend),
  ),
  mutant(
    'a prefix is a pattern',
    'lists only chains whose name starts with the prefix, taken literally',
    backend =>
      new (class extends MemoryAuditSink {
        override async heads(prefix: string, limit: number, cursor?: string) {
          const all = await super.heads('', 1_000, cursor)
          const pattern = prefix
            .replaceAll(/[.\\[\]*]/g, '\\$&')
            .replaceAll('%', '.*')
            .replaceAll('_', '.')
          return all.filter(({ chain }) => new RegExp(`^${pattern}`).test(chain)).slice(0, limit)
        }
      })(backend),
  ),
  mutant(
    'heads repeat the chain at the cursor',
    'pages of any size list every chain once',
    backend =>
      new (class extends MemoryAuditSink {
        override async heads(prefix: string, limit: number, cursor?: string) {
          const all = await super.heads(prefix, 1_000)
          return all.filter(({ chain }) => cursor === undefined || chain >= cursor).slice(0, limit)
        }
      })(backend),
  ),
]
