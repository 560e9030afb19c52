import { strict as assert } from 'node:assert'
import { setTimeout as wait } from 'node:timers/promises'
import type { Invalidation, InvalidationMessage } from '@nebula-credential/core'
import type { ContractGroup, ContractSuite, Harness } from '../contract-suite.ts'
import { describeSuite } from '../describe-suite.ts'
import { assertSame, rejectsWith } from '../expectations.ts'
import { sampleId } from '../fixtures/sample-record.ts'

/** Two ends, as two processes would open them, on one fresh backend. */
export interface InvalidationHarness extends Harness {
  readonly first: Invalidation
  readonly second: Invalidation
  /** Cuts the connection that `second` listens on; it may reconnect. Without it that case is skipped. */
  cutConnection?(): Promise<void>
}

const patienceMs = 10_000
const quietMs = 100

const messageCases: ContractGroup<InvalidationHarness> = {
  name: 'messages',
  cases: [
    {
      name: 'a message reaches the other instance as it was published',
      async run({ first, second }) {
        const heard = await listen(second)
        await first.publish(messageOf())
        await until(() => heard.messages.length > 0, 'the message must arrive')
        assertSame(heard.messages, [messageOf()])
      },
    },
    {
      name: 'every listener of every instance hears it, once',
      async run({ first, second }) {
        const listeners = [await listen(second), await listen(second), await listen(first)]
        await first.publish(messageOf())
        await until(
          () => listeners.slice(0, 2).every(({ messages }) => messages.length > 0),
          'both must hear it',
        )
        await wait(quietMs)
        for (const { messages } of listeners.slice(0, 2)) assertSame(messages, [messageOf()])
        // Whether a publisher hears itself is its own business; it must not hear itself twice.
        assert.ok((listeners[2]?.messages.length ?? 0) <= 1)
      },
    },
    {
      name: 'tenants and versions of any kind arrive exactly',
      async run({ first, second }) {
        const heard = await listen(second)
        const tenants = ["a'b", 'a"b', 'a:b', '{a}', 'é', 'e\u0301', '😀', '__proto__', '$1', 'x'.repeat(200)]
        const sent = tenants.map((tenantId, n) => messageOf({ tenantId, version: 10 ** n }))
        for (const message of sent) await first.publish(message)
        await until(() => heard.messages.length >= sent.length, 'all messages must arrive')
        assertSame(byTenant(heard.messages), byTenant(sent))
      },
    },
    {
      name: 'a listener that left hears nothing more, and others go on',
      async run({ first, second }) {
        const left = await listen(second)
        const stays = await listen(second)
        await left.stop()
        await first.publish(messageOf())
        await until(() => stays.messages.length > 0, 'the other listener must hear it')
        await wait(quietMs)
        assertSame(left.messages, [])
      },
    },
    {
      name: 'a gap is reported when the connection was cut, and messages arrive again after it',
      skip: ({ cutConnection }) =>
        cutConnection === undefined ? 'the harness offers no cutConnection' : undefined,
      async run({ first, second, cutConnection }) {
        const heard = await listen(second)
        await cutConnection?.()
        await until(() => heard.gaps() > 0, 'the gap must be reported')
        await until(async () => {
          await first.publish(messageOf({ version: 2 }))
          await wait(50)
          return heard.messages.length > 0
        }, 'messages must arrive again')
      },
    },
  ],
}

const closingCases: ContractGroup<InvalidationHarness> = {
  name: 'closing',
  cases: [
    {
      name: 'publish and subscribe after close reject with CLOSED, and closing twice does nothing',
      async run({ first }) {
        await first.close()
        await first.close()
        await rejectsWith('CLOSED', first.publish(messageOf()))
        await rejectsWith(
          'CLOSED',
          first.subscribe(
            () => {},
            () => {},
          ),
        )
      },
    },
    {
      name: 'the listeners of a closed instance hear nothing more, and may still leave',
      async run({ first, second }) {
        const closed = await listen(second)
        await second.close()
        await first.publish(messageOf())
        await wait(quietMs)
        assertSame(closed.messages, [])
        await closed.stop()
      },
    },
  ],
}

/** What an Invalidation must do, as data. */
export const invalidationSuite: ContractSuite<InvalidationHarness> = {
  port: 'Invalidation',
  groups: [messageCases, closingCases],
}

export function describeInvalidation(name: string, open: () => Promise<InvalidationHarness>): void {
  describeSuite(name, invalidationSuite, open)
}

async function listen(invalidation: Invalidation) {
  const messages: InvalidationMessage[] = []
  let gaps = 0
  const stop = await invalidation.subscribe(
    message => messages.push(message),
    () => gaps++,
  )
  return { messages, gaps: () => gaps, stop }
}

async function until(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const deadline = performance.now() + patienceMs
  while (!(await holds())) {
    if (performance.now() > deadline) assert.fail(what)
    await wait(5)
  }
}

function messageOf(overrides: Partial<InvalidationMessage> = {}): InvalidationMessage {
  return { tenantId: 'acme', id: sampleId(), version: 1, ...overrides }
}

function byTenant(messages: readonly InvalidationMessage[]): readonly InvalidationMessage[] {
  return messages.toSorted((left, right) => (left.tenantId < right.tenantId ? -1 : 1))
}
