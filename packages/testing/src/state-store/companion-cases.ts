import type { StateStore } from '@nebula-credential/core'
import { auditSinkSuite } from '../audit-sink/describe-audit-sink.ts'
import type { ContractSuite, Harness } from '../contract-suite.ts'
import { distributedLockSuite } from '../distributed-lock/describe-distributed-lock.ts'
import { invalidationSuite } from '../invalidation/describe-invalidation.ts'
import { outboxSuite } from '../outbox/describe-outbox.ts'
import type { Companion, StateStoreHarness } from './state-store-harness.ts'

interface Closable {
  close(): Promise<void>
}

/** The suite of one companion, run on what two stores hand out; a store without it has no harness. */
export interface CompanionSuite {
  readonly companion: Companion
  readonly suite: ContractSuite<StateStoreHarness>
}

export const companionSuites: readonly CompanionSuite[] = [
  companionSuite('lock', distributedLockSuite, ({ leaseTiming, breakBackend }) => ({
    timing: leaseTiming,
    breakBackend,
  })),
  // It is there for the day on which the store's backend is not, so breaking that says nothing about it.
  companionSuite('outbox', outboxSuite, () => ({})),
  companionSuite('audit', auditSinkSuite),
  companionSuite('invalidation', invalidationSuite),
]

/** Whether a store declares a companion. */
export function declares(store: StateStore, companion: Companion): boolean {
  return store[companion] !== undefined
}

// The types of a companion and of its suite belong together by name, which TypeScript cannot follow.
function companionSuite<H extends Harness>(
  companion: Companion,
  suite: ContractSuite<H>,
  abilities: (harness: StateStoreHarness) => object = ({ breakBackend }) => ({ breakBackend }),
): CompanionSuite {
  const open = (harness: StateStoreHarness) => {
    const [first, second] = [harness.first, harness.second].map(store => store[companion]?.() as Closable)
    return { first, second, ...abilities(harness) } as unknown as H & { first: Closable; second: Closable }
  }
  const groups = suite.groups.map(group => ({
    name: group.name,
    cases: group.cases.map(({ name, skip, run }) => ({
      name,
      // Nothing is opened to find out what cannot be shown: that depends on the abilities of the harness alone.
      skip: (harness: StateStoreHarness) =>
        declares(harness.first, companion)
          ? skip?.(abilities(harness) as H)
          : `${harness.first.name} declares no ${companion}()`,
      async run(harness: StateStoreHarness) {
        const opened = open(harness)
        try {
          await run(opened)
        } finally {
          await opened.first.close()
          await opened.second.close()
        }
      },
    })),
  }))
  return { companion, suite: { port: `${companion}()`, groups } }
}
