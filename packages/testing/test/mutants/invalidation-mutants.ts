import { type InvalidationMessage, MemoryBackend, MemoryInvalidation } from '@nebula-credential/core'
import type { InvalidationHarness } from '../../src/index.ts'
import type { Mutant } from './mutant.ts'

function mutant(
  name: string,
  caughtBy: string,
  make: (backend: MemoryBackend) => MemoryInvalidation,
): Mutant<InvalidationHarness> {
  const open = async () => {
    const backend = new MemoryBackend()
    return { first: make(backend), second: make(backend) }
  }
  return { name, caughtBy, open }
}

type OnMessage = (message: InvalidationMessage) => void

export const invalidationMutants: readonly Mutant<InvalidationHarness>[] = [
  mutant(
    'a message stays within its instance',
    'a message reaches the other instance as it was published',
    () => new MemoryInvalidation(),
  ),
  mutant(
    'a message loses its version',
    'a message reaches the other instance as it was published',
    backend =>
      new (class extends MemoryInvalidation {
        override publish(message: InvalidationMessage) {
          return super.publish({ ...message, version: 0 })
        }
      })(backend),
  ),
  mutant(
    'a message arrives twice',
    'every listener of every instance hears it, once',
    backend =>
      new (class extends MemoryInvalidation {
        override async publish(message: InvalidationMessage) {
          await super.publish(message)
          await super.publish(message)
        }
      })(backend),
  ),
  mutant(
    'a listener cannot leave',
    'a listener that left hears nothing more, and others go on',
    backend =>
      new (class extends MemoryInvalidation {
        override async subscribe(onMessage: OnMessage) {
          await super.subscribe(onMessage)
          return async () => {}
        }
      })(backend),
  ),
  mutant(
    'one that leaves takes all others along',
    'a listener that left hears nothing more, and others go on',
    backend =>
      new (class extends MemoryInvalidation {
        override async subscribe(onMessage: OnMessage) {
          await super.subscribe(onMessage)
          return async () => backend.listeners.clear()
        }
      })(backend),
  ),
  mutant(
    'a closed instance goes on listening',
    'the listeners of a closed instance hear nothing more, and may still leave',
    backend =>
      new (class extends MemoryInvalidation {
        override async close() {}
      })(backend),
  ),
]
