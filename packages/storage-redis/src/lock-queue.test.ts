import { expect, it } from 'vitest'
import { LockQueue } from './lock-queue.ts'
import type { ChannelListener } from './subscriber.ts'

const releases = 'nebula:lock-released:refresh'

it('keeps messages for the first of a queue alone: the others look when it is their turn', async () => {
  const listeners: ChannelListener[] = []
  const queue = new LockQueue({
    async subscribe(_channel, listener) {
      listeners.push(listener)
      return () => {}
    },
  })
  const first = await queue.join(releases)
  const second = await queue.join(releases)
  const announce = (text: string) => {
    for (const listener of listeners) listener.onMessage(text)
  }
  announce('one')
  announce('two')
  expect(await first.notified(1_000)).toEqual(['one', 'two'])
  first.leave()
  await second.first
  expect(await second.notified(1)).toEqual([])
  announce('three')
  expect(await second.notified(1_000)).toEqual(['three'])
})
